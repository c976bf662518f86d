/** The runtime as a part: the processes of services. */
import { join } from "node:path";
import type { Auth } from "../../blocks/auth/index.ts";
import { platformNamespace, type Registry } from "../../blocks/registry/index.ts";
import { RuntimeContract } from "../../blocks/runtime/contract.ts";
import type { ProcessRuntime } from "../../blocks/runtime/drivers/process.ts";
import type { Runtime } from "../../blocks/runtime/index.ts";
import { remoteRuntime } from "../../blocks/runtime/remote.ts";
import type { Store } from "../../blocks/store/index.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { StateFolder } from "../../framework/state-folder.ts";
import type { ProcessGroups } from "../../supervisor/process-groups.ts";
import { openRuntime } from "../drivers.ts";
import { ServiceIdentities } from "../identity/service-identities.ts";
import { platformId } from "../platform-id.ts";
import type { Profile } from "../profile.ts";
import { connectEach } from "./connect-each.ts";
import { runtimeStopTimeoutMs } from "../running.ts";
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
  /** Keeps what is desired. */
  readonly store: Store;
  /** Says who is who. */
  readonly auth: Auth;
  /** What is desired and does not run is started when this settles. */
  readonly begin: Promise<unknown>;
  /** Every process group is noted here, so that an exit handler can end them all. */
  readonly groups: ProcessGroups;
  /** Names of parts: opened after these. */
  readonly dependsOn: readonly string[];
  /** One of those is in another process: it is waited for. */
  readonly isPatient: boolean;
  readonly log: Logger;
}

/** The runtime in this process. */
export function createRuntimePart(options: RuntimePartOptions): RuntimePart {
  const { profile, state, registry, store, auth, groups, begin } = options;
  const { dependsOn, isPatient, log } = options;
  const slot = new Slot<Runtime>("the runtime");
  const part = createPart({
    name: "runtime",
    dependsOn,
    patience: isPatient ? log : undefined,
    async open() {
      await using stack = new AsyncDisposableStack();
      // What it starts is nobody without auth: it waits for that as for the store.
      await store.survives();
      await auth.keys();
      const identities = stack.use(new ServiceIdentities({ state, auth, log }));
      const runtime = await openRuntime(profile, {
        registry,
        identities,
        log: log.with({ block: "runtime" }),
        platform: state.control,
        socketsFolder: state.sockets,
        logsFolder: state.logs,
        cacheFolder: join(state.path, "cache"),
        groups,
        desired: store.database(platformNamespace).table(await desiredTable(state)),
        begin,
      });
      stack.defer(() => close(runtime));
      stack.use(slot.hold(runtime));
      return stack.move();
    },
  });
  const runtime: Runtime = { services: (namespace) => slot.get().services(namespace) };
  return { part: { ...part, stopTimeoutMs: runtimeStopTimeoutMs }, runtime };
}

/** The runtime in another process. */
export function createFarRuntime(far: FarPart): RuntimePart {
  const runtime = remoteRuntime(connectEach(far, RuntimeContract));
  return { part: far.child(), runtime };
}

/** Platforms that share a store run what is theirs, and not what others run. */
async function desiredTable(state: StateFolder): Promise<string> {
  return `runtime-${await platformId(state)}`;
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
