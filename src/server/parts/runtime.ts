/** The runtime as a part: the processes of services. */
import { join } from "node:path";
import type { Registry } from "../../blocks/registry/index.ts";
import type { ProcessRuntime } from "../../blocks/runtime/drivers/process.ts";
import type { Runtime } from "../../blocks/runtime/index.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { StateFolder } from "../../framework/state-folder.ts";
import type { ProcessGroups } from "../../supervisor/process-groups.ts";
import { openRuntime } from "../drivers.ts";
import type { Profile } from "../profile.ts";
import { type Part, Slot } from "./part.ts";

export interface RuntimePartOptions {
  readonly profile: Profile;
  readonly state: StateFolder;
  readonly registry: Registry;
  /** Every process group is noted here, so that an exit handler can end them all. */
  readonly groups: ProcessGroups;
  readonly log: Logger;
}

/** The part, and the runtime for all who use it: while it is not open, it is `unavailable`. */
export function createRuntimePart(
  options: RuntimePartOptions,
): Part & { readonly runtime: Runtime } {
  const { profile, state, registry, groups, log } = options;
  const slot = new Slot<Runtime>("the runtime");
  return {
    name: "runtime",
    // What it runs looks for the platform there.
    dependsOn: ["control"],
    runtime: {
      run: async (...given) => slot.get().run(...given),
      restart: async (...given) => slot.get().restart(...given),
      kill: async (...given) => slot.get().kill(...given),
      list: async (...given) => slot.get().list(...given),
      logs: (...given) => slot.get().logs(...given),
    },
    async open() {
      await using stack = new AsyncDisposableStack();
      const runtime = await openRuntime(profile, {
        registry,
        log: log.with({ block: "runtime" }),
        platform: state.control,
        socketsFolder: state.sockets,
        logsFolder: state.logs,
        cacheFolder: join(state.path, "cache"),
        groups,
      });
      stack.defer(() => close(runtime));
      stack.use(slot.hold(runtime));
      return stack.move();
    },
  };
}

async function close(runtime: ProcessRuntime): Promise<void> {
  const { unstopped } = await runtime.close();
  if (unstopped.length === 0) return;
  const names = unstopped.map(({ child }) => child).join(", ");
  throw new ReefError(
    "deadline_exceeded",
    `Cannot stop ${names}: still running after the time for it`,
  );
}
