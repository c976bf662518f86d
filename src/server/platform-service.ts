/** Answers for the platform itself. */
import type { Auth } from "../blocks/auth/index.ts";
import type { Store } from "../blocks/store/index.ts";
import type { KeyUse } from "../core/identity.ts";
import type { StateFolder } from "../framework/state-folder.ts";
import { type Service, service } from "../rpc/service.ts";
import type { ChildState } from "../supervisor/events.ts";
import { partsKeyPeriodMs, partsKeySinceMs } from "./identity/parts-key.ts";
import type { FarPart } from "./parts/far-part.ts";
import { PlatformContract } from "./platform-contract.ts";
import type { PartName, Place, Profile } from "./profile.ts";
import { reefVersion } from "./version.ts";

export interface PlatformFacts {
  readonly state: StateFolder;
  readonly profile: Profile;
  readonly startedAt: Date;
  readonly list: () => Promise<readonly ChildState[]>;
  readonly store: Store;
  readonly auth: Pick<Auth, "keys">;
  /** As of `ServerOptions`. */
  readonly keyPeriodMs?: number | undefined;
  /** Those parts that have a process of their own. */
  readonly far: { readonly [name in PartName]?: FarPart };
  /** Where this process answers HTTP. */
  readonly gateway: () => string | undefined;
  /** Where this process answers gRPC. */
  readonly proxy: () => string | undefined;
}

/** A store or an auth that does not say it by then is as good as gone. */
const timeoutMs = 500;

export function platformService(facts: PlatformFacts): Service<typeof PlatformContract> {
  return service(PlatformContract, {
    async status() {
      const { state, profile, startedAt, store } = facts;
      const far: { readonly [name: string]: FarPart | undefined } = facts.far;
      const children = await facts.list();
      const [survives, keys, ...parts] = await Promise.all([
        survivesNow(store),
        keysNow(facts),
        ...children.map((child) => partStatus(child, far[child.name])),
      ]);
      const urlOf = (part: string) => parts.find(({ name }) => name === part)?.url;
      const gateway = facts.gateway() ?? urlOf("gateway");
      const proxy = facts.proxy() ?? urlOf("proxy");
      return {
        version: reefVersion,
        node: process.version,
        pid: process.pid,
        profile: profile.name,
        startedAt,
        state: state.path,
        ...(gateway !== undefined && { gateway }),
        ...(proxy !== undefined && { proxy }),
        keys,
        parts: parts.map((part) => ({
          ...part,
          ...(part.name === "store" && survives && { survives }),
        })),
      };
    },
  });
}

/** Those in use and when others come; of no key more than everybody may know of it. */
async function keysNow({ auth, state, keyPeriodMs = partsKeyPeriodMs }: PlatformFacts) {
  const sinceMs = partsKeySinceMs(state);
  const parts = { since: new Date(sinceMs), until: new Date(sinceMs + keyPeriodMs) };
  try {
    const { uses } = await auth.keys({ signal: AbortSignal.timeout(timeoutMs) });
    const of = (wanted: KeyUse["state"]) => {
      const use = uses.find(({ state: is }) => is === wanted);
      return use && { id: use.kid, ...timesOf(use) };
    };
    const [signs, next] = [of("signs"), of("next")];
    return { parts, ...(signs && { signs }), ...(next && { next }) };
  } catch {
    // As with the store: that auth is away is said by its part.
    return { parts };
  }
}

function timesOf({ sinceMs, untilMs }: KeyUse) {
  return {
    since: new Date(sinceMs),
    ...(untilMs !== undefined && { until: new Date(untilMs) }),
  };
}

/** One part as `reef status` shows it. */
interface PartStatus {
  readonly name: string;
  readonly status: string;
  readonly place: Place;
  readonly pid?: number;
  readonly starts: number;
  readonly error?: string;
  readonly url?: string;
}

async function partStatus(child: ChildState, far: FarPart | undefined): Promise<PartStatus> {
  const { name, status, starts, lastFailure } = child;
  if (!far) {
    const error = lastFailure && { error: lastFailure.message };
    return { name, status, place: "platform", pid: process.pid, starts, ...error };
  }
  const place = "process";
  const there = status === "ready" ? await far.status() : undefined;
  if (!there) {
    const reason = status === "ready" ? "Its process does not answer" : far.absence;
    const error = far.missing === "away" && { error: reason };
    return { name, place, starts, status: far.missing, ...error };
  }
  const { pid, url } = there;
  return { name, place, starts, status, pid, ...(url !== undefined && { url }) };
}

/** What its acknowledgements survive; undefined while nobody is there to say it. */
async function survivesNow(store: Store): Promise<string | undefined> {
  try {
    return await store.survives({ signal: AbortSignal.timeout(timeoutMs) });
  } catch {
    // Whoever asks how the platform fares must hear it all the same; that the store is away is said there.
    return undefined;
  }
}
