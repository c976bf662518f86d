/**
 * One part of the platform alone in a process of its own: `reef service NAME`. It listens on a socket of its own in the
 * state folder, by which a platform that was started with `--exclude NAME` uses it; what it needs of the platform it
 * takes from the control socket. Neither has to be there before the other.
 */
import { createLogger, type Logger } from "../core/log.ts";
import { type StateFolder, stateFolder } from "../framework/state-folder.ts";
import { ProcessGroups } from "../supervisor/process-groups.ts";
import { openSupervisor } from "../supervisor/supervisor.ts";
import { createAlone } from "./alone.ts";
import { profileOn } from "./backend.ts";
import { openPartIdentities } from "./identity/parts.ts";
import { ownParts } from "./own-parts.ts";
import { createSocketPart } from "./parts/socket.ts";
import { portAfter } from "./port-after.ts";
import { prepareFolder } from "./prepare-folder.ts";
import type { PartName } from "./profile.ts";
import { createRunning, type Running, stopTimeoutMs } from "./running.ts";
import { type Listening, openListening, type TlsChoice } from "./tls/listening.ts";
import { whenReady } from "./when-ready.ts";

export interface PartOptions {
  /** As for `startServer`; it is the same for the platform and all its parts. */
  readonly state?: string | undefined;
  /** Of the gateway; 0 takes a free one. @default 8080 */
  readonly port?: number | undefined;
  /** Of the proxy; 0 takes a free one. @default the one after that of the gateway */
  readonly proxyPort?: number | undefined;
  /** Of the gateway and the proxy. @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** As for `startServer`. */
  readonly tls?: TlsChoice | undefined;
  /** Sites whose pages may call the gateway and the proxy: `https://shop.example`. @default [] */
  readonly origins?: readonly string[];
  /** As for `startServer`; the store alone needs it. */
  readonly backend?: string | undefined;
  /** As for `startServer`; auth alone needs it. */
  readonly keyPeriodMs?: number | undefined;
  readonly log?: Logger;
  readonly signal?: AbortSignal | undefined;
}

export interface RunningPart extends Running {
  readonly state: StateFolder;
  readonly listening: Listening;
  /** Where it listens for the platform. */
  readonly address: string;
  /** Where HTTP or gRPC is answered, if it is the gateway or the proxy. */
  readonly url: string | undefined;
}

/**
 * Resolves when the part is ready: one that needs the platform waits for it.
 * @throws {ReefError} `failed_precondition` when another process of this state folder runs the part; `already_exists`
 *   when the port is taken; the reason of `signal`
 */
export async function startPart(name: PartName, options: PartOptions = {}): Promise<RunningPart> {
  const { host = "127.0.0.1", port = 8080, tls, backend, keyPeriodMs } = options;
  const { proxyPort = portAfter(port), origins = [] } = options;
  const profile = profileOn(backend);
  const { log = createLogger(), signal } = options;
  const state = stateFolder(options.state);
  const address = state.part(name);
  await using stack = new AsyncDisposableStack();
  await prepareFolder(state);
  stack.use(await ownParts([name], state));
  const listening = await openListening({ host, tls, state, log }, stack);
  const groups = new ProcessGroups();
  // A start that fails leaves the services of the runtime before it as they are.
  const begin = Promise.withResolvers<void>();
  const identities = await openPartIdentities(state);
  const alone = await createAlone(name, {
    identities,
    state,
    listening,
    port,
    proxyPort,
    origins,
    profile,
    backend,
    keyPeriodMs,
    groups,
    begin: begin.promise,
    log,
  });
  stack.use(alone);
  const startedAt = new Date();
  const status = () => ({ name, startedAt, url: alone.url });
  const { services } = alone;
  const socket = createSocketPart({
    address,
    services,
    parts: identities,
    status,
    dependsOn: [name],
    log,
  });
  const parts = [...alone.parts, socket];
  const supervisor = openSupervisor({ name: "reef", stopTimeoutMs });
  const running = createRunning({ supervisor, parts, groups, owned: stack.move() });
  const awaited = parts.filter(({ far }) => !far);
  await whenReady(supervisor, { parts, awaited, signal }).catch(running.abandon);
  begin.resolve();
  return {
    ...running,
    state,
    listening,
    address,
    get url() {
      return alone.url;
    },
  };
}
