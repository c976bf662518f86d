/**
 * Sessions: logins, whose refresh tokens are each good for once, and API tokens, which stay until they expire.
 *
 * A refresh token is the session, its generation and the proof that this platform gave it out. Whoever comes with an
 * earlier generation has what was used already: he or the one before him has stolen it, so the session ends for both.
 */
import { createHmac, randomBytes } from "node:crypto";
import { ReefError } from "../../../../core/errors.ts";
import type { Session } from "../../index.ts";
import { loginMs, sessionsMax } from "../../index.ts";
import { drop, type Kept, put, type Records } from "./records.ts";
import { revoke } from "./revocations.ts";
import { isSame } from "./secrets.ts";
import type { Operation } from "../../../store/index.ts";

export interface SessionRecord extends Session {
  /** Of the present access token; those before it are refused once it is revoked. */
  readonly generation: number;
}

type Claim = Pick<SessionRecord, "account" | "id" | "generation">;

export interface Refreshed {
  readonly record: SessionRecord;
  readonly refreshToken: string;
}

/** A new one, with what is to be written for it. */
export interface Begun extends Refreshed {
  readonly writes: readonly Operation[];
  /** The account had as many as it may have: its oldest ends. */
  readonly ended: SessionRecord | undefined;
}

export class Sessions {
  readonly #records: Records;
  readonly #namespace: string;
  readonly #sealKey: Uint8Array;

  constructor(records: Records, namespace: string, sealKey: Uint8Array) {
    this.#records = records;
    this.#namespace = namespace;
    this.#sealKey = sealKey;
  }

  get prefix(): string {
    return `sessions/${this.#namespace}/`;
  }

  /** What is to be written for a new one, which may push out the oldest of the account. */
  async begin(
    session: Pick<SessionRecord, "account" | "kind" | "note" | "createdMs" | "expiresMs">,
    signal?: AbortSignal,
  ): Promise<Begun> {
    const id = randomBytes(9).toString("base64url");
    const record = { ...session, id, generation: 1 };
    const others = await this.ofAccount(session.account, signal);
    const oldest = others.toSorted((one, other) => one.createdMs - other.createdMs)[0];
    const ended = others.length >= sessionsMax ? oldest : undefined;
    const writes = [this.#put(record, session.createdMs, 0)];
    if (ended) writes.push(this.drop(ended), revoke(ended, session.createdMs));
    return { record, refreshToken: this.#tokenOf(record), writes, ended };
  }

  /**
   * The next generation of the session that a refresh token is of; undefined when it is none of them. When the token
   * was used before, `reused` is the session that has to end.
   * @throws {ReefError} `aborted` when another refresh came first
   */
  async next(
    refreshToken: string,
    nowMs: number,
    signal?: AbortSignal,
  ): Promise<Refreshed | { readonly reused: SessionRecord } | undefined> {
    const claimed = this.claimOf(refreshToken);
    if (!claimed) return undefined;
    const kept = await this.#records.get<SessionRecord>(this.#pathOf(claimed), signal);
    if (kept?.value.kind !== "login" || kept.value.expiresMs <= nowMs) return undefined;
    if (claimed.generation !== kept.value.generation) return { reused: kept.value };
    return this.#further(kept, nowMs, signal);
  }

  /** What a refresh token is of; undefined for what was never given out. */
  claimOf(refreshToken: string): Claim | undefined {
    const [account = "", id = "", generation = ""] = refreshToken.split(separator);
    const claimed = { account, id, generation: Number(generation) };
    // Whoever knows the name of a session must not be able to end it: only what was really given out counts.
    return isSame(this.#tokenOf(claimed), refreshToken) ? claimed : undefined;
  }

  async kept(
    claimed: Pick<Claim, "id" | "account">,
    signal?: AbortSignal,
  ): Promise<Kept<SessionRecord> | undefined> {
    return this.#records.get<SessionRecord>(this.#pathOf(claimed), signal);
  }

  /**
   * The next generation of a session for who needs no token for it; undefined when the account has none of this id.
   * @throws {ReefError} `aborted` when something else was first
   */
  async again(
    claimed: Pick<SessionRecord, "id" | "account">,
    nowMs: number,
    signal?: AbortSignal,
  ): Promise<Refreshed | undefined> {
    const kept = await this.#records.get<SessionRecord>(this.#pathOf(claimed), signal);
    if (kept?.value.kind !== "login" || kept.value.expiresMs <= nowMs) return undefined;
    return this.#further(kept, nowMs, signal);
  }

  async #further(
    { value: record, revision }: Kept<SessionRecord>,
    nowMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Refreshed> {
    const next = { ...record, generation: record.generation + 1, expiresMs: nowMs + loginMs };
    await this.#records.write([this.#put(next, nowMs, revision)], signal);
    return { record: next, refreshToken: this.#tokenOf(next) };
  }

  async ofAccount(account: string, signal?: AbortSignal): Promise<SessionRecord[]> {
    return this.#records.all<SessionRecord>(this.#path(account, ""), signal);
  }

  /** By its id alone, which is rare. */
  async find(id: string, signal?: AbortSignal): Promise<Kept<SessionRecord> | undefined> {
    const all = await this.#records.all<SessionRecord>(this.prefix, signal);
    const found = all.find((each) => each.id === id);
    return found && this.#records.get<SessionRecord>(this.#pathOf(found), signal);
  }

  drop(record: Pick<SessionRecord, "id" | "account">): Operation {
    return drop(this.#pathOf(record));
  }

  #put(record: SessionRecord, nowMs: number, expectedRevision: number): Operation {
    return put(this.#pathOf(record), record, {
      expectedRevision,
      ttlMs: Math.max(1, record.expiresMs - nowMs),
    });
  }

  /** Nothing of it is kept: it can be made again, and so is known to be genuine long after it was used. */
  #tokenOf({ account, id, generation }: Claim) {
    const claim = [account, id, generation].join(separator);
    const place = `${this.#namespace}${separator}${claim}`;
    const proof = createHmac("sha256", this.#sealKey)
      .update(`refresh ${place}`)
      .digest("base64url");
    return `${claim}${separator}${proof}`;
  }

  #pathOf({ account, id }: Pick<SessionRecord, "id" | "account">): string {
    return this.#path(account, id);
  }

  #path(account: string, id: string): string {
    return `${this.prefix}${account}/${id}`;
  }
}

/** Neither ids of accounts nor base64url have it. */
const separator = "~";

export function cannotRefresh(): ReefError {
  return new ReefError(
    "unauthenticated",
    `Cannot refresh: the token is not good any more; log in again with "reef login"`,
    { maybeExecuted: false },
  );
}

export function cannotLogOut(): ReefError {
  return new ReefError(
    "unauthenticated",
    "Cannot log out: the token is none of this platform; forget it",
    { maybeExecuted: false },
  );
}
