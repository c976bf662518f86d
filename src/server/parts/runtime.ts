/** The runtime as a part: the processes of services. */
import { join } from "node:path";
import { platformNamespace, type Registry } from "../../blocks/registry/index.ts";
import { RuntimeContract } from "../../blocks/runtime/contract.ts";
import type { ProcessRuntime } from "../../blocks/runtime/drivers/process.ts";
import type { Runtime } from "../../blocks/runtime/index.ts";
import { remoteRuntime } from "../../blocks/runtime/remote.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { StateFolder } from "../../framework/state-folder.ts";
import type { ProcessGroups } from "../../supervisor/process-groups.ts";
import { openRuntime } from "../drivers.ts";
import type { Profile } from "../profile.ts";
import type { FarPart } from "./far-part.ts";
import { createPart, type Part, Slot } from "./part.ts";

export interface RuntimePart {
  readonly part: Part;
  /** For all who use it: while it is not open, or not there, it is `unavailable`. */
  readonly runtime: Runtime;
}

export interface RuntimePartOptions {
  readonly profile: Profile;
  readonly state: StateFolder;
  readonly registry: Registry;
  /** Every process group is noted here, so that an exit handler can end them all. */
  readonly groups: ProcessGroups;
  /** Names of parts: opened after these. */
  readonly dependsOn: readonly string[];
  readonly log: Logger;
}

/** The runtime in this process. */
export function createRuntimePart(options: RuntimePartOptions): RuntimePart {
  const { profile, state, registry, groups, dependsOn, log } = options;
  const slot = new Slot<Runtime>("the runtime");
  const part = createPart({
    name: "runtime",
    dependsOn,
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
  });
  const runtime: Runtime = {
    run: async (...given) => slot.get().run(...given),
    restart: async (...given) => slot.get().restart(...given),
    kill: async (...given) => slot.get().kill(...given),
    list: async (...given) => slot.get().list(...given),
    logs: (...given) => slot.get().logs(...given),
  };
  return { part, runtime };
}

/** The runtime in another process. */
export function createFarRuntime(far: FarPart): RuntimePart {
  const runtime = remoteRuntime(far.connect()(RuntimeContract, platformNamespace));
  return { part: far.child(), runtime };
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
