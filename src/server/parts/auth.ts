/** Auth as a part: who may come in, kept in the store; its keys and the first owner's secret in the state folder. */
import { randomBytes } from "node:crypto";
import { AuthContract } from "../../blocks/auth/contract.ts";
import type { Auth } from "../../blocks/auth/index.ts";
import { remoteAuth } from "../../blocks/auth/remote.ts";
import { platformNamespace } from "../../blocks/registry/index.ts";
import type { Store } from "../../blocks/store/index.ts";
import { systemClock } from "../../core/clock.ts";
import type { Revocation } from "../../core/identity.ts";
import type { Logger } from "../../core/log.ts";
import { homeNamespace } from "../../core/namespace-access.ts";
import { ownerIdentityPath } from "../../framework/identity-path.ts";
import type { StateFolder } from "../../framework/state-folder.ts";
import { openAuth } from "../drivers.ts";
import { beginRealm, completeRealms, firstOwner, ownerSecret, realmMarks } from "../first-owner.ts";
import { followRevocations } from "../../framework/follow-revocations.ts";
import { openKeySchedule } from "../identity/key-schedule.ts";
import { KeptIdentity } from "../identity/kept-identity.ts";
import { keptText } from "../kept-text.ts";
import { platformId } from "../platform-id.ts";
import type { Profile } from "../profile.ts";
import { connectEach } from "./connect-each.ts";
import type { FarPart } from "./far-part.ts";
import { createPart, type Part, Slot } from "./part.ts";

export interface AuthPart {
  readonly part: Part;
  /** For all who use it: while it is not open, or not there, it is `unavailable`. */
  readonly auth: Auth;
}

export interface AuthPartOptions {
  readonly profile: Profile;
  readonly state: StateFolder;
  readonly store: Store;
  /** How long a key signs. @default thirty days */
  readonly keyPeriodMs?: number | undefined;
  /** Names of parts: opened after these. */
  readonly dependsOn: readonly string[];
  /** The store is in another process: it is waited for. */
  readonly isPatient: boolean;
  readonly log: Logger;
}

/** Of AES-256. */
const sealKeyBytes = 32;

export function createAuthPart(options: AuthPartOptions): AuthPart {
  const { profile, state, store, keyPeriodMs, dependsOn, isPatient, log } = options;
  const slot = new Slot<Auth>("auth");
  const part = createPart({
    name: "auth",
    dependsOn,
    patience: isPatient ? log : undefined,
    async open() {
      await using stack = new AsyncDisposableStack();
      const auth = await openAuthOn(store, { profile, state, keyPeriodMs });
      stack.use(await holdOwner(auth, { state, log }));
      stack.use(
        openKeySchedule({
          keys: "the signing keys",
          rotate: (signal) => auth.rotateKeys({ ifDue: true, by: "the clock", signal }),
          clock: systemClock,
          log,
        }),
      );
      stack.use(slot.hold(auth));
      return stack.move();
    },
  });
  const auth: Auth = {
    realm: (namespace, by) => slot.get().realm(namespace, by),
    keys: async (wait) => slot.get().keys(wait),
    rotateKeys: async (wanted) => slot.get().rotateKeys(wanted),
    verify: async (token, audience, wait) => slot.get().verify(token, audience, wait),
    exchange: async (token, audience, given) => slot.get().exchange(token, audience, given),
    watch: (wait) => slot.get().watch(wait),
  };
  return { part, auth };
}

/** Auth on a store, with all that it begins with. */
export async function openAuthOn(
  store: Store,
  { profile, state, keyPeriodMs }: Pick<AuthPartOptions, "profile" | "state" | "keyPeriodMs">,
): Promise<Auth> {
  const makeSealKey = () => randomBytes(sealKeyBytes).toString("base64url");
  const sealKey = await keptText(state, "seal.key", makeSealKey);
  const auth = await openAuth(profile, {
    table: store.database(platformNamespace).table("auth"),
    reports: store.database(platformNamespace).table("audit"),
    sealKey: Buffer.from(sealKey, "base64url"),
    issuer: `reef:${await platformId(state)}`,
    keyPeriodMs,
  });
  const marks = store.database(platformNamespace).table(realmMarks);
  await beginRealm(auth.realm(homeNamespace), {
    namespace: homeNamespace,
    marks,
    secret: () => keptText(state, "owner.secret", ownerSecret),
  });
  await completeRealms(auth, { marks });
  return auth;
}

/** Whoever may read this file is the owner: commands that are typed on this machine ask nothing. */
async function holdOwner(
  auth: Auth,
  { state, log }: Pick<AuthPartOptions, "state" | "log">,
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const kept = await KeptIdentity.keep({
    file: ownerIdentityPath(state),
    account: firstOwner,
    realm: auth.realm(homeNamespace),
    clock: systemClock,
    log,
  });
  stack.use(kept);
  const hear = (revocation: Revocation) => kept.hear(revocation);
  stack.use(followRevocations({ auth, clock: systemClock, hear }));
  return stack.move();
}

/** Auth in another process. */
export function createFarAuth(far: FarPart): AuthPart {
  return { part: far.child(), auth: remoteAuth(connectEach(far, AuthContract)) };
}
