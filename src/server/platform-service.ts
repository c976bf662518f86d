/** Answers for the platform itself. */
import type { Store } from "../blocks/store/index.ts";
import { ReefError } from "../core/errors.ts";
import type { StateFolder } from "../framework/state-folder.ts";
import { type Service, service } from "../rpc/service.ts";
import type { ChildState } from "../supervisor/events.ts";
import { PlatformContract } from "./platform-contract.ts";
import type { Profile } from "./profile.ts";
import { reefVersion } from "./version.ts";

export interface PlatformFacts {
  readonly state: StateFolder;
  readonly profile: Profile;
  readonly startedAt: Date;
  readonly list: () => Promise<readonly ChildState[]>;
  readonly store: Store;
  readonly gateway: () => string | undefined;
}

export function platformService(facts: PlatformFacts): Service<typeof PlatformContract> {
  return service(PlatformContract, {
    async status() {
      const gateway = facts.gateway();
      const survives = await survivesNow(facts.store);
      const parts = (await facts.list()).map(({ name, status, starts, lastFailure }) => ({
        name,
        status,
        starts,
        ...(name === "store" && survives && { survives }),
        ...(lastFailure && { error: lastFailure.message }),
      }));
      return {
        version: reefVersion,
        node: process.version,
        pid: process.pid,
        profile: facts.profile.name,
        startedAt: facts.startedAt,
        state: facts.state.path,
        ...(gateway !== undefined && { gateway }),
        parts,
      };
    },
  });
}

/** What its acknowledgements survive; undefined while nobody is there to say it. */
async function survivesNow(store: Store): Promise<string | undefined> {
  try {
    return await store.survives();
  } catch (error) {
    if (ReefError.from(error).code !== "unavailable") throw error;
    return undefined;
  }
}
