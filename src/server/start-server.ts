/**
 * The platform in one process: the blocks and the edges as children of one supervisor, started by what they need and
 * stopped in reverse, so that services leave while the registry still listens.
 */
import { chmod, mkdir } from "node:fs/promises";

import { ReefError } from "../core/errors.ts";
import type { Events } from "../core/events.ts";
import { createLogger, type Logger } from "../core/log.ts";
import { type StateFolder, stateFolder } from "../framework/state-folder.ts";
import { openConnection } from "../rpc/wire/connect.ts";
import type { StopReport, SupervisorEvent } from "../supervisor/events.ts";
import { openSupervisor } from "../supervisor/supervisor.ts";
import { createParts } from "./parts.ts";
import { childOf } from "./parts/part.ts";
import { localProfile, type Profile } from "./profile.ts";

/** The parts that a platform can do without. */
export const excludable = ["gateway", "runtime"] as const;

export type Excludable = (typeof excludable)[number];

export interface ServerOptions {
  /** Folder of everything that this platform keeps. @default `$REEF_STATE`, else `~/.local/state/reef` */
  readonly state?: string | undefined;
  /** Of the gateway; 0 takes a free one. @default 8080 */
  readonly port?: number | undefined;
  /** @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** @default [] */
  readonly exclude?: readonly Excludable[];
  /** @default the local profile */
  readonly profile?: Profile;
  readonly log?: Logger;
  readonly signal?: AbortSignal | undefined;
}

export interface RunningServer extends AsyncDisposable {
  readonly state: StateFolder;
  /** `http://127.0.0.1:8080`; undefined when it was left out. */
  readonly gateway: string | undefined;
  readonly events: Events<SupervisorEvent>;
  /** Resolves when the platform is over: with the reason when it could not go on, without one when it was stopped. */
  readonly ended: Promise<ReefError | undefined>;
  /** Stops services and parts in reverse order; the report names who did not stop. */
  stop(): Promise<StopReport>;
  /** For the very end of a process: ends what the platform started, at once and without waiting. */
  killAll(): void;
}

/** Services have `stopGraceMs` of it; the whole must stay below the ten seconds that people and init systems wait. */
const stopTimeoutMs = 8_000;

/**
 * @throws {ReefError} `failed_precondition` when a platform already runs in this state folder; `already_exists` when
 *   the port is taken
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { exclude = [], profile = localProfile, log = createLogger() } = options;
  const { host = "127.0.0.1", port = 8080, signal } = options;
  const state = stateFolder(options.state);
  await prepareFolder(state);
  const supervisor = openSupervisor({ name: "reef", stopTimeoutMs });
  const parts = await createParts({
    state,
    host,
    port,
    profile,
    log,
    list: () => supervisor.list(),
  });
  const children = parts.all.filter(({ name }) => !exclude.some((out) => out === name));
  const failed = Promise.withResolvers<never>();
  // Whoever starts the platform races with it; afterwards nobody does.
  failed.promise.catch(() => {});
  try {
    await supervisor.add(...children.map((part) => childOf(part, failed.reject)));
    // A part that fails at the very start would only fail again: the reason is for whoever typed the command.
    await Promise.race([supervisor.whenReady(undefined, { signal }), failed.promise]);
  } catch (error) {
    await supervisor.close();
    parts.groups.killAll();
    throw error;
  }
  return {
    state,
    get gateway() {
      return parts.gateway();
    },
    events: supervisor.events,
    ended: supervisor.ended.then(({ failure }) => failure),
    stop: () => supervisor.close(),
    killAll: () => parts.groups.killAll(),
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
}

/** Makes the folders, readable by their owner alone, and refuses to share them with another platform. */
async function prepareFolder(state: StateFolder): Promise<void> {
  for (const folder of [state.path, state.sockets, state.logs]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  }
  const other = await openConnection(state.control).catch(nobody);
  if (!other) return;
  await other[Symbol.asyncDispose]();
  throw new ReefError(
    "failed_precondition",
    `Cannot start: a platform already runs with the state folder ${state.path}; "reef status" shows it, --state and --port start a second one`,
    { maybeExecuted: false },
  );
}

/** Nothing answers there, which is what is wanted. */
function nobody(): undefined {
  return undefined;
}
