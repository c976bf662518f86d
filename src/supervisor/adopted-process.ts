/**
 * A process that somebody else started, as a child of a supervisor: a platform that is gone, say. It is no child of
 * ours to the kernel, so its end is looked for, and how it ended is not to be known.
 */
import { type Clock, sleep, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { ChildSpec } from "./child.ts";
import { GroupStop } from "./group-stop.ts";
import type { ProcessGroups } from "./process-groups.ts";
import { isAlive, type ProcessIdentity } from "./process-identity.ts";

/** Which process, and how long it has to stop. */
export interface AdoptedProcessOptions {
  /** Of the leader of a group. */
  readonly identity: ProcessIdentity;
  /** Where the group is noted as long as it lives, see `ProcessGroups.killAll`. */
  readonly groups: ProcessGroups;
  /** From SIGTERM to SIGKILL; a function is asked when it is to stop. @default 3_000 */
  readonly stopGraceMs?: number | (() => number);
  /** Lets it go: it lives on and is nobody's child any more, so that somebody else can find it. */
  readonly letGo?: AbortSignal;
  /** @default systemClock */
  readonly clock?: Clock;
}

/**
 * Between two looks whether it still lives. With `/proc` a look takes microseconds; elsewhere it starts a program,
 * `ps`.
 */
const lookPauseMs = process.platform === "linux" ? 100 : 1_000;

/**
 * The `run` of such a child; it can serve at once. Resolves when the process has ended after we told it to; rejects
 * with `unavailable` when it ended otherwise.
 */
export function adoptedProcess(options: AdoptedProcessOptions): ChildSpec["run"] {
  const { identity, groups, letGo, stopGraceMs = 3_000, clock = systemClock } = options;
  const graceMs = () => (typeof stopGraceMs === "number" ? stopGraceMs : stopGraceMs());
  return async ({ signal, ready }) => {
    const { pid } = identity;
    if (isAlive(identity)) {
      groups.add(pid);
      const group = new GroupStop(pid, { groups, graceMs, clock, signal });
      ready();
      while (isAlive(identity)) {
        if (letGo?.aborted) return void groups.delete(pid);
        // oxlint-disable-next-line no-await-in-loop -- between two looks
        await sleep(group.asked ? stoppingPauseMs : lookPauseMs, { clock });
      }
      await group.cleared();
      if (group.asked) return;
    } else if (signal.aborted) return;
    throw new ReefError("unavailable", "end unknown, it was the child of a platform that is gone");
  };
}

/** Somebody waits for it to be gone. */
const stoppingPauseMs = 10;
