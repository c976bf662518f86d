/** Parts that run under a supervisor, seen by the command that started them. */
import type { ReefError } from "../core/errors.ts";
import type { Events } from "../core/events.ts";
import type { StopReport, SupervisorEvent } from "../supervisor/events.ts";
import type { ProcessGroups } from "../supervisor/process-groups.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Part } from "./parts/part.ts";

export interface Running {
  /** Of what runs in this process. */
  readonly events: Events<SupervisorEvent>;
  /** Resolves when all is over: with the reason when it could not go on, without one when it was stopped. */
  readonly ended: Promise<ReefError | undefined>;
  /** Resolves when this part is ready; it may have to wait for one that has a process of its own. */
  whenReady(part: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Stops services and parts in reverse order; the report names who did not stop. */
  stop(): Promise<StopReport>;
  /** For the very end of a process: ends what was started, at once and without waiting. */
  killAll(): void;
}

export interface RunningOptions {
  readonly supervisor: Supervisor;
  readonly parts: readonly Part[];
  readonly groups: ProcessGroups;
  /** Given back when all parts have stopped. */
  readonly owned: AsyncDisposable;
}

/** Services have `stopGraceMs` of it; the whole must stay below the ten seconds that people and init systems wait. */
export const stopTimeoutMs = 8_000;

/**
 * The runtime's part of it: the processes of services get a second until nobody calls them and three more to end, and
 * on a busy machine it takes another until those that were made to end are gone.
 */
export const runtimeStopTimeoutMs = 6_500;

/** `abandon` ends what has begun when the start has failed, and throws why on. */
export function createRunning(
  options: RunningOptions,
): Running & { abandon(error: unknown): Promise<never> } {
  const { supervisor, parts, groups, owned } = options;
  const far = new Set(parts.filter((part) => part.far).map(({ name }) => name));
  async function stop(): Promise<StopReport> {
    const report = await supervisor.close();
    await owned[Symbol.asyncDispose]();
    return report;
  }
  return {
    events: {
      on: (listener) =>
        supervisor.events.on((event) => {
          if (!("child" in event && far.has(event.child))) listener(event);
        }),
    },
    ended: supervisor.ended.then(({ failure }) => failure),
    whenReady: (part, given) => supervisor.whenReady(part, given),
    stop,
    killAll: () => groups.killAll(),
    async abandon(error) {
      await stop();
      groups.killAll();
      throw error;
    },
  };
}
