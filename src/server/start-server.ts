/**
 * The platform in one process: the blocks and the edges as children of one supervisor, started by what they need and
 * stopped in reverse, so that services leave while the registry still listens. Parts that are excluded have a process
 * of their own, see `start-part.ts`, and are used from here by their sockets.
 */
import { createLogger, type Logger } from "../core/log.ts";
import { type StateFolder, stateFolder } from "../framework/state-folder.ts";
import { openSupervisor } from "../supervisor/supervisor.ts";
import { profileOn } from "./backend.ts";
import { ownParts, ownPlatform } from "./own-parts.ts";
import { createParts } from "./parts.ts";
import { portAfter } from "./port-after.ts";
import { prepareFolder } from "./prepare-folder.ts";
import { createRunning, type Running, stopTimeoutMs } from "./running.ts";
import { excluding, partNames, type PartName } from "./profile.ts";
import { type Listening, openListening, type TlsChoice } from "./tls/listening.ts";
import { needsFar, whenReady } from "./when-ready.ts";

export interface ServerOptions {
  /** Folder of everything that this platform keeps. @default `$REEF_STATE`, else `~/.local/state/reef` */
  readonly state?: string | undefined;
  /** Of the gateway; 0 takes a free one. @default 8080 */
  readonly port?: number | undefined;
  /** Of the proxy; 0 takes a free one. @default the one after that of the gateway */
  readonly proxyPort?: number | undefined;
  /** Beyond this machine it takes `tls`. @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** The gateway and the proxy speak TLS then. @default they are in clear */
  readonly tls?: TlsChoice | undefined;
  /** Sites whose pages may call the gateway and the proxy: `https://shop.example`. @default [] */
  readonly origins?: readonly string[];
  /** Parts that have a process of their own, or none. @default [] */
  readonly exclude?: readonly PartName[];
  /** The URL of a server that keeps what the platform keeps, `postgres://...`. @default files in the state folder */
  readonly backend?: string | undefined;
  /** How long a key signs tokens until the next one does. @default 2_592_000_000, thirty days */
  readonly keyPeriodMs?: number | undefined;
  readonly log?: Logger;
  readonly signal?: AbortSignal | undefined;
}

export interface RunningServer extends Running, AsyncDisposable {
  readonly state: StateFolder;
  readonly listening: Listening;
  /** `http://127.0.0.1:8080`; undefined when it is not in this process. */
  readonly gateway: string | undefined;
  /** Where gRPC is answered, `http://127.0.0.1:8081`; undefined when it is not in this process. */
  readonly proxy: string | undefined;
  /** Names of the parts in processes of their own that are missed. */
  readonly missing: readonly string[];
  /** Resolves when every part is ready that is here or that is missed. */
  whenComplete(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/**
 * @throws {ReefError} `failed_precondition` when a platform already runs in this state folder, or one of its parts;
 *   `already_exists` when the port is taken
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { exclude = [], backend, keyPeriodMs, log = createLogger() } = options;
  const profile = excluding(profileOn(backend), exclude);
  const { host = "127.0.0.1", port = 8080, tls, signal } = options;
  const { proxyPort = portAfter(port), origins = [] } = options;
  const state = stateFolder(options.state);
  await prepareFolder(state);
  await using stack = new AsyncDisposableStack();
  stack.use(ownPlatform(state));
  const near = partNames.filter((name) => profile[name].place === "platform");
  stack.use(await ownParts(near, state));
  const listening = await openListening({ host, tls, state, log }, stack);
  const supervisor = openSupervisor({ name: "reef", stopTimeoutMs });
  // A start that fails leaves the services of the platform before it as they are.
  const begin = Promise.withResolvers<void>();
  const parts = stack.use(
    await createParts({
      state,
      listening,
      port,
      proxyPort,
      origins,
      profile,
      backend,
      keyPeriodMs,
      begin: begin.promise,
      log,
      list: () => supervisor.list(),
    }),
  );
  const running = createRunning({
    supervisor,
    parts: parts.all,
    groups: parts.groups,
    owned: stack.move(),
  });
  // One that needs a part of another process is not waited for: that may be started later.
  const awaited = parts.all.filter((part) => !needsFar(part, parts.all));
  await whenReady(supervisor, { parts: parts.all, awaited, signal }).catch(running.abandon);
  begin.resolve();
  return {
    ...running,
    state,
    listening,
    get gateway() {
      return parts.gateway();
    },
    get proxy() {
      return parts.proxy();
    },
    get missing() {
      const missed = parts.all.filter(({ far }) => far?.missing === "away" && !far.isThere);
      return missed.map(({ name }) => name);
    },
    async whenComplete(given) {
      const wanted = parts.all.filter(({ far }) => far?.missing !== "left-out");
      await Promise.all(wanted.map(({ name }) => supervisor.whenReady(name, given)));
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await supervisor[Symbol.asyncDispose]();
    },
  };
}
