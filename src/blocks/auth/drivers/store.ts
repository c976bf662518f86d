/**
 * Auth on a table of the store: all that it keeps is there, so that several platforms on one store have one auth, and
 * what it is asked it reads there. Nothing but this driver may write into that table.
 */
import {
  type BoundToken,
  type Identity,
  isRevoked,
  parseTokenId,
  type Revocation,
} from "../../../core/identity.ts";
import { type Clock, systemClock } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import { homeNamespace } from "../../../core/namespace-access.ts";
import {
  proveToken,
  readToken,
  type ReadTokenOptions,
  signToken,
  type TokenClaims,
} from "../../../core/signed-token.ts";
import type { Table } from "../../store/index.ts";
import { parseExchange } from "../contract.ts";
import type { Auth, ExchangeOptions, Realm, WaitOptions } from "../index.ts";
import { AuditNotes } from "./store/audit.ts";
import { boundClaims } from "./store/bound-claims.ts";
import { LoginLimit } from "./store/login-limit.ts";
import type { RealmPlace, SharedParts } from "./store/parts.ts";
import { createRealm } from "./store/realm.ts";
import { Records } from "./store/records.ts";
import type { Reports } from "./store/reports.ts";
import { revocationsPrefix } from "./store/revocations.ts";
import { type HashCost, hashCostDefault, SecretHashes } from "./store/secrets.ts";
import { Seal } from "./store/sealed-key.ts";
import { SigningKeys } from "./store/signing-keys.ts";
import { watchAuth } from "./store/watch-auth.ts";

/** Where auth keeps what it keeps, and what it signs with. */
export interface StoreAuthOptions {
  /** Of the platform's own database: whoever reads it can try secrets, whoever writes it is everybody. */
  readonly table: Table;
  /** Where it keeps what doors report, which is more than all else and which nobody watches. @default `table` */
  readonly reports?: Table;
  /** 32 bytes that are kept elsewhere; the signing keys in the table are sealed with them. */
  readonly sealKey: Uint8Array;
  /** The platform, as its tokens name it. */
  readonly issuer: string;
  /** @default systemClock */
  readonly clock?: Clock;
  /** How long a key signs until it is time for another one. @default 2_592_000_000, thirty days */
  readonly keyPeriodMs?: number | undefined;
  /** What a guess of a secret costs; tests have little time. @default 19 MiB, twice */
  readonly hashCost?: HashCost;
}

const sealKeyBytes = 32;

/** NIST SP 800-57 allows a year or two; whoever has stolen one unseen has it for a month. */
const keyPeriodMsDefault = 2_592_000_000;

/** @throws {ReefError} `invalid_argument` for a seal key of another length */
export function createStoreAuth(options: StoreAuthOptions): Auth {
  const { table, sealKey, issuer, clock = systemClock, hashCost = hashCostDefault } = options;
  const { keyPeriodMs: periodMs = keyPeriodMsDefault } = options;
  if (sealKey.length !== sealKeyBytes) {
    throw new ReefError(
      "invalid_argument",
      `Cannot open auth: its seal key has ${sealKeyBytes} bytes, this one has ${sealKey.length}`,
    );
  }
  const records = new Records(table);
  const keys = new SigningKeys({ records, seal: new Seal(sealKey), clock, periodMs });
  const shared: SharedParts = {
    records,
    reported: options.reports ? new Records(options.reports) : records,
    keys,
    issuer,
    sealKey,
    clock,
    hashes: new SecretHashes(hashCost),
    limit: new LoginLimit(clock),
  };
  const realms = new Map<string, { readonly realm: Realm; readonly place: RealmPlace }>();

  function knownRealm(namespace: string): { readonly realm: Realm; readonly place: RealmPlace } {
    const known = realms.get(namespace);
    if (known) return known;
    const notes = new AuditNotes(namespace, clock);
    let opened: Promise<Reports> | undefined;
    const reports = () => (opened ??= openReports(shared.reported, { namespace, clock }));
    const place = { namespace, notes, reports };
    const made = { place, realm: createRealm(shared, place) };
    realms.set(namespace, made);
    return made;
  }

  async function claimsOf(
    token: string,
    read: Pick<ReadTokenOptions, "audience" | "use">,
    signal: AbortSignal | undefined,
  ): Promise<TokenClaims> {
    const unproven = readToken(token, { ...read, issuer, nowMs: clock.wallMs() });
    const claims = proveToken(unproven, await keys.find(unproven.kid, signal));
    const tokenId = parseTokenId(claims.sid);
    const revoked = await records.get<Revocation>(`${revocationsPrefix}${tokenId.session}`, signal);
    if (isRevoked(tokenId, revoked?.value)) throw hasEnded();
    return claims;
  }

  async function verify(
    token: string,
    audience: string,
    { signal }: WaitOptions = {},
  ): Promise<Identity> {
    const { sub, ns, scopes, sid, exp } = await claimsOf(token, { audience }, signal);
    const { session } = parseTokenId(sid);
    return { account: sub, namespace: ns, scopes, session, expiresMs: exp * 1_000 };
  }

  async function exchange(
    given: string,
    wanted: string,
    { actor, signal }: ExchangeOptions = {},
  ): Promise<BoundToken> {
    const { token, audience } = parseExchange({ token: given, audience: wanted });
    const claims = await claimsOf(token, { audience: "", use: "exchange" }, signal);
    const bound = boundClaims(claims, { audience, actor, nowMs: clock.wallMs() });
    return { token: await signToken(bound, await keys.current()), expiresMs: bound.exp * 1_000 };
  }

  return {
    realm(namespace, by) {
      const { realm, place } = knownRealm(namespace);
      if (by === undefined) return realm;
      // Who logs in proves himself by what he says, and is counted in one place whoever he may be already.
      const { login, refresh, logout } = realm;
      return { ...createRealm(shared, { ...place, by }), login, refresh, logout };
    },
    keys: ({ signal } = {}) => keys.published(signal),
    rotateKeys({ ifDue, by, signal } = {}) {
      const { notes } = knownRealm(homeNamespace).place;
      const note = (kid: string) => notes.now("keys rotated", kid, by);
      return keys.rotate({ ifDue, note, signal });
    },
    verify,
    exchange,
    watch: ({ signal } = {}) => watchAuth(records, issuer, signal),
  };
}

/** The first report comes when all has started. */
async function openReports(
  reported: Records,
  of: ConstructorParameters<typeof Reports>[1],
): Promise<Reports> {
  const loaded = await import("./store/reports.ts");
  return new loaded.Reports(reported, of);
}

function hasEnded(): ReefError {
  return new ReefError(
    "unauthenticated",
    'Cannot accept the token: it was revoked; log in again with "reef login"',
    { maybeExecuted: false },
  );
}
