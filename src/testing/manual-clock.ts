/** A clock that a test moves by hand, so that an hour of backoff takes no time and always happens in the same order. */
import { ReefError } from "../core/errors.ts";
import type { Clock } from "../core/clock.ts";

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /**
   * Moves time by `ms`: fires each timer that falls due, in order, at its own time, and lets promises settle after each
   * before the next. Timers that are set on the way fire too when they fall into the span.
   */
  advance(ms: number): Promise<void>;
  /** Lets promises settle without moving time. */
  settle(): Promise<void>;
  /** How many timers wait; for tests that claim that none is left behind. */
  readonly pending: number;
}

/** Where it starts. */
export interface ManualClockOptions {
  /** @default 0, the first of January 1970 */
  readonly wallMs?: number;
}

interface Waiting {
  readonly dueMs: number;
  readonly fire: () => void;
}

/** Timers in one `advance()`; beyond it something sets a timer without delay for ever. */
const firesMax = 100_000;

/** Makes a clock for one test. */
export function createManualClock(options: ManualClockOptions = {}): ManualClock {
  const { wallMs: wallStartMs = 0 } = options;
  const waiting = new Set<Waiting>();
  let nowMs = 0;

  return {
    monotonicMs: () => nowMs,
    wallMs: () => wallStartMs + nowMs,
    after(delayMs, fire) {
      const timer = { dueMs: nowMs + Math.max(0, delayMs), fire };
      waiting.add(timer);
      return { cancel: () => void waiting.delete(timer) };
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (let fires = 0; ; fires++) {
        const next = earliest(waiting, untilMs);
        if (!next) break;
        if (fires === firesMax) throw endless(ms);
        waiting.delete(next);
        nowMs = next.dueMs;
        next.fire();
        await settle();
      }
      nowMs = untilMs;
    },
    settle,
    get pending() {
      return waiting.size;
    },
  };
}

/** The first timer due by `untilMs`; of those due together the one that was set first, as the set keeps that order. */
function earliest(waiting: Iterable<Waiting>, untilMs: number): Waiting | undefined {
  let first: Waiting | undefined;
  for (const timer of waiting) {
    if (timer.dueMs <= untilMs && (!first || timer.dueMs < first.dueMs)) first = timer;
  }
  return first;
}

/** The event loop reaches an immediate only when no promise is left to settle, however long the chain. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function endless(ms: number): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot advance the clock by ${ms} ms: ${firesMax} timers have fired and more are due; ` +
      "look for a timer that sets itself again without a delay",
  );
}
