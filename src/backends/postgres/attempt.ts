/** Tries something on a connection, again where that is right, and never longer than it may take. */
import assert from "node:assert/strict";
import { backoffMs } from "../../core/backoff.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import type { Link, Run } from "./link.ts";
import type { Slot } from "./slot.ts";
import { translateError } from "./translate-error.ts";

/** What is tried. */
export interface Attempt {
  readonly run: Run;
  /** Whether it may have been done although it fails: then it is not tried again. */
  unknown: boolean;
}

/** What is known of a server by those who asked it last. */
export interface Patience {
  /** The last one had no answer within its time. */
  away: boolean;
}

export interface AttemptOptions {
  /** The server, in texts. */
  readonly shown: string;
  readonly clock: Clock;
  readonly patience: Patience;
  /** Chooses the connection, for each attempt anew. */
  readonly slot: () => Slot;
  readonly signal?: AbortSignal | undefined;
}

/** What a call to the server takes at most: well below the five seconds that a caller waits. */
export const callTimeoutMs = 3_000;

/**
 * The same while it is away: so a caller that tries again hears in time that it still is, and a return is not missed.
 */
const awayTimeoutMs = 500;

/** Attempts at a transaction that others undo; each of them means that somebody else has come through. */
const racesMax = 8;

/** Long enough for the other one to end, with jitter, so that the two do not meet again. */
const afterRace = { baseMs: 5, maxMs: 100 } as const;

/** @throws {ReefError} as `translateError` says; `signal.reason` */
export async function attempt<T>(
  work: (attempt: Attempt, link: Link) => Promise<T>,
  options: AttemptOptions,
): Promise<T> {
  const { shown, clock, patience, signal } = options;
  signal?.throwIfAborted();
  using limit = openLimit(options);
  let last: unknown;
  for (let races = 1; ;) {
    const slot = options.slot();
    const tried: Attempt = { run: (...given) => limit.link().run(...given), unknown: false };
    slot.load += 1;
    try {
      limit.hold(await limit.race(slot.link()));
      const result = await limit.race(work(tried, limit.link()));
      patience.away = false;
      return result;
    } catch (thrown) {
      if (signal?.aborted && thrown === signal.reason) throw thrown;
      // Why there was no connection says more than that the time was up.
      const { kind, error } = translateError((limit.over && last) || thrown, shown, {
        maybeExecuted: tried.unknown,
      });
      last = thrown;
      patience.away ||= limit.over;
      if (kind === "connection") limit.drop();
      if (kind === "final" || tried.unknown || limit.over) throw error;
      if (kind === "race" && races++ === racesMax) throw error;
      if (kind === "race") await sleep(backoffMs(races, afterRace), { clock });
    } finally {
      slot.load -= 1;
    }
  }
}

/** The time of one call, and the connection that it uses just now: when the time is up, both are over. */
function openLimit({ clock, patience, signal }: AttemptOptions) {
  const { promise, reject } = Promise.withResolvers<never>();
  // It is over for whoever waits; mostly nobody does.
  promise.catch(() => undefined);
  let held: Link | undefined;
  let over = false;
  const timer = clock.after(patience.away ? awayTimeoutMs : callTimeoutMs, end);
  const leave = () => reject(signal?.reason);
  signal?.addEventListener("abort", leave, { once: true });

  function end(): void {
    const reason = Object.assign(new Error("the server does not answer"), { code: "ETIMEDOUT" });
    over = true;
    held?.close();
    reject(reason);
  }

  return {
    get over() {
      return over;
    },
    race: <T>(waited: Promise<T>): Promise<T> => Promise.race([waited, promise]),
    hold: (link: Link) => void (held = link),
    drop: () => held?.close(),
    link(): Link {
      assert(held, "a connection is held before it is used");
      return held;
    },
    [Symbol.dispose]() {
      timer.cancel();
      signal?.removeEventListener("abort", leave);
    },
  };
}
