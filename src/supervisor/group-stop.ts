/** The end of a process group: asked for in order, forced after a grace, and over only when the group is empty. */
import { type Clock, sleep, type Timer } from "../core/clock.ts";
import type { ProcessGroups } from "./process-groups.ts";
import { groupLives, signalGroup } from "./process-identity.ts";

export interface GroupStopOptions {
  readonly groups: ProcessGroups;
  /** From SIGTERM to SIGKILL; asked when it is to stop. */
  readonly graceMs: () => number;
  readonly clock: Clock;
  /** Fires when it is to stop. */
  readonly signal: AbortSignal;
}

/** First wait between two looks at a group that has to become empty; doubles up to the second. */
const groupPollMs = 5;
const groupPollMsMax = 100;

export class GroupStop {
  readonly #pid: number;
  readonly #options: GroupStopOptions;
  readonly #onSignal = (): void => this.stop();
  #killTimer: Timer | undefined;
  /** Whether we told it to end. */
  asked = false;

  constructor(pid: number, options: GroupStopOptions) {
    this.#pid = pid;
    this.#options = options;
    const { signal } = options;
    signal.addEventListener("abort", this.#onSignal, { once: true });
    if (signal.aborted) this.stop();
  }

  stop(): void {
    if (this.asked) return;
    this.asked = true;
    const { clock, graceMs } = this.#options;
    signalGroup(this.#pid, "SIGTERM");
    this.#killTimer = clock.after(graceMs(), () => signalGroup(this.#pid, "SIGKILL"));
  }

  /** After the leader has ended: settles when nobody of its group is left. */
  async cleared(): Promise<void> {
    const { clock, groups, signal } = this.#options;
    // Who was told to stop may use the rest of its grace; the rest of one that crashed would only be in the way.
    if (!this.asked) signalGroup(this.#pid, "SIGKILL");
    for (
      let delayMs = groupPollMs;
      groupLives(this.#pid);
      delayMs = Math.min(2 * delayMs, groupPollMsMax)
    ) {
      await sleep(delayMs, { clock });
    }
    groups.delete(this.#pid);
    this.#killTimer?.cancel();
    signal.removeEventListener("abort", this.#onSignal);
  }
}
