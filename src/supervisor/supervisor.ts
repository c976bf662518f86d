/**
 * Keeps a set of children running: starts them in order, starts them again when they fail, and stops them in reverse.
 *
 * One loop (`supervisor-loop.ts`) owns all state. The methods here only put a message into its mailbox and wait for the
 * answer, so two callers can never see or make half a change.
 */
import { BoundedQueue } from "../core/bounded-queue.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { type Events, EventSource } from "../core/events.ts";
import { newsPerAttemptMax } from "./attempt.ts";
import type { ChildSpec } from "./child.ts";
import type { ChildState, StopReport, SupervisorEvent } from "./events.ts";
import type { Message, Reply, Request } from "./message.ts";
import { childrenMax } from "./roster.ts";
import type { Strategy } from "./strategy.ts";
import { supervisorStopping } from "./refusal.ts";
import { SupervisorLoop } from "./supervisor-loop.ts";

/** Its name, and the numbers that decide when it gives up. */
export interface SupervisorOptions {
  /** Where it is in its tree, `reef` or `reef/edges`; all its events carry it. */
  readonly name: string;
  /** @default "one-for-one" */
  readonly strategy?: Strategy;
  /**
   * More failures than this of all children in sum, faded by time, end the supervisor. Children of `one-for-one` are
   * independent: however many of them fail, the others go on. @default 5, but Infinity for "one-for-one"
   */
  readonly escalateAbove?: number;
  /** A failure counts half in that sum after this time. @default 30_000 */
  readonly halfLifeMs?: number;
  /** All children together have this long to stop. @default 8_000 */
  readonly stopTimeoutMs?: number;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for jitter. @default Math.random */
  readonly random?: () => number;
  /** Where events go; supervisors of one tree share it. @default one of its own */
  readonly events?: EventSource<SupervisorEvent>;
}

/** How a supervisor ended. */
export interface SupervisorEnd {
  readonly report: StopReport;
  /** Why it ended by itself: it escalated. Absent when it was stopped. */
  readonly failure?: ReefError;
  /** When those have stopped, too, that the report names. */
  readonly stragglers: Promise<void>;
}

/**
 * Every method but `close` rejects with `failed_precondition` when the supervisor is stopping, with `not_found` for a
 * name that is no child, and with `resource_exhausted` beyond `requestsMax` unanswered requests.
 */
export interface Supervisor extends AsyncDisposable {
  readonly name: string;
  readonly events: Events<SupervisorEvent>;
  /**
   * Adds children that may depend on each other, all or none, and starts them as their dependencies become ready.
   * @throws {ReefError} `already_exists`; `invalid_argument` for a dependency that is unknown or circular;
   *   `resource_exhausted` beyond `childrenMax`
   */
  add(...specs: readonly ChildSpec[]): Promise<void>;
  /**
   * Starts a child that does not run, now and with a clean record. Resolves when that is under way, see `whenReady`.
   * @throws {ReefError} `failed_precondition` when a dependency was stopped or has failed for good
   */
  start(name: string): Promise<void>;
  /**
   * Stops a child; its dependents go on. Resolves when it has stopped.
   * @throws {ReefError} `deadline_exceeded` when it did not in its time; it is `stuck` until it does
   */
  stop(name: string): Promise<void>;
  /** Stops a child when it runs, and starts it with a clean record: rejects like `stop`. Then see `whenReady`. */
  restart(name: string): Promise<void>;
  /**
   * Stops a child and forgets it.
   * @throws {ReefError} `failed_precondition` when others depend on it; `deadline_exceeded` as for `stop`
   */
  remove(name: string): Promise<void>;
  /** In start order. */
  list(): Promise<readonly ChildState[]>;
  /**
   * Resolves when the child is ready or has ended well; without a name, when that is so for all that are to run. Waits
   * through failures as long as the child will be started again.
   * @throws {ReefError} `failed_precondition` when it will not become ready unless somebody starts it; `signal.reason`
   */
  whenReady(name?: string, options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** Stops all children in reverse order and then the supervisor. May be called again, and says the same again. */
  close(): Promise<StopReport>;
  /** Resolves when the supervisor has ended, for whatever reason; never rejects. */
  readonly ended: Promise<SupervisorEnd>;
  /**
   * The same as `close`.
   * @throws {ReefError} `deadline_exceeded` naming those that did not stop
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Unanswered requests; a caller beyond it asks in a loop. */
const requestsMax = 1_000;

/**
 * A request and its withdrawal; what each child may say in one run, and one timer; the end and its two timers. The loop
 * empties the mailbox whenever it can, so this is what it can hold at most and not what it does hold.
 */
const mailboxMax = 2 * requestsMax + (newsPerAttemptMax + 1) * childrenMax + 3;

/** A supervisor without children; they are added. */
export function openSupervisor(options: SupervisorOptions): Supervisor {
  return new SupervisorFront(options);
}

class SupervisorFront implements Supervisor {
  readonly name: string;
  readonly events: Events<SupervisorEvent>;
  readonly ended: Promise<SupervisorEnd>;
  readonly #mailbox = new BoundedQueue<Message>({ limit: mailboxMax, overflow: "fail" });
  #unanswered = 0;
  #isClosing = false;
  #hasEnded = false;

  constructor(options: SupervisorOptions) {
    const { clock = systemClock, random = Math.random, events = new EventSource() } = options;
    const { name, strategy = "one-for-one", halfLifeMs = 30_000, stopTimeoutMs = 8_000 } = options;
    const { escalateAbove = strategy === "one-for-one" ? Infinity : 5 } = options;
    const ended = Promise.withResolvers<SupervisorEnd>();
    const loop = new SupervisorLoop({
      name,
      strategy,
      escalateAbove,
      halfLifeMs,
      stopTimeoutMs,
      clock,
      random,
      post: (message) => void this.#mailbox.push(message),
      tell: (news) => events.emit({ supervisor: name, atMs: clock.wallMs(), ...news }),
      end: (end) => {
        this.#hasEnded = true;
        this.#mailbox.end();
        ended.resolve(end);
      },
    });
    this.name = name;
    this.events = events;
    this.ended = ended.promise;
    void turn(loop, this.#mailbox);
  }

  add(...specs: readonly ChildSpec[]): Promise<void> {
    return this.#ask((reply) => ({ kind: "add", specs, reply }));
  }

  start(name: string): Promise<void> {
    return this.#ask((reply) => ({ kind: "start", name, reply }));
  }

  stop(name: string): Promise<void> {
    return this.#ask((reply) => ({ kind: "stop", name, reply }));
  }

  restart(name: string): Promise<void> {
    return this.#ask((reply) => ({ kind: "restart", name, reply }));
  }

  remove(name: string): Promise<void> {
    return this.#ask((reply) => ({ kind: "remove", name, reply }));
  }

  list(): Promise<readonly ChildState[]> {
    return this.#ask((reply) => ({ kind: "list", reply }));
  }

  async whenReady(
    name?: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    let withdraw: (() => void) | undefined;
    try {
      await this.#ask<void>((reply) => {
        withdraw = () => this.#mailbox.push({ kind: "forget", reply, reason: signal?.reason });
        signal?.addEventListener("abort", withdraw, { once: true });
        return { kind: "when-ready", name, reply };
      });
    } finally {
      if (withdraw) signal?.removeEventListener("abort", withdraw);
    }
  }

  async close(): Promise<StopReport> {
    if (!this.#isClosing && !this.#hasEnded) this.#mailbox.push({ kind: "close" });
    this.#isClosing = true;
    return (await this.ended).report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { unstopped } = await this.close();
    if (unstopped.length === 0) return;
    const names = unstopped.map(({ child, waitedMs }) => `"${child}" (${Math.round(waitedMs)} ms)`);
    throw new ReefError(
      "deadline_exceeded",
      `Cannot stop all of "${this.name}": ${names.join(", ")} did not settle after the signal`,
    );
  }

  async #ask<T>(request: (reply: Reply<T>) => Request): Promise<T> {
    if (this.#hasEnded) throw supervisorStopping(this.name);
    if (this.#unanswered >= requestsMax) {
      throw new ReefError(
        "resource_exhausted",
        `Cannot ask "${this.name}": ${requestsMax} requests have no answer yet; wait for them first`,
        { maybeExecuted: false },
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#unanswered++;
    this.#mailbox.push(request({ resolve, reject }));
    try {
      return await promise;
    } finally {
      this.#unanswered--;
    }
  }
}

/** A bug in the loop or in a listener ends the process: better than a supervisor that only looks alive. */
async function turn(loop: SupervisorLoop, mailbox: AsyncIterable<Message>): Promise<void> {
  for await (const message of mailbox) loop.handle(message);
}
