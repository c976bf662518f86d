/** The life of one child, step by step: run, ready, over, and again. What that means for its siblings is the loop's. */
import type { Clock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { Attempt, type AttemptNews } from "./attempt.ts";
import { type ChildOrder, orderOf } from "./child.ts";
import type { SupervisorNews } from "./events.ts";
import { countFailure } from "./failure-count.ts";
import type { Message } from "./message.ts";
import * as refusal from "./refusal.ts";
import { type RestartDelay, restartDelay } from "./restart-delay.ts";
import type { Supervised } from "./supervised.ts";

export interface LifeSurroundings {
  /** The path of the supervisor. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly post: (message: Message) => void;
  readonly tell: (news: SupervisorNews) => void;
}

/** A failure that the loop has to act upon. */
export interface Fall {
  readonly failure: ReefError;
  readonly order: ChildOrder | undefined;
  readonly restarts: boolean;
}

export class Life {
  readonly #around: LifeSurroundings;

  constructor(around: LifeSurroundings) {
    this.#around = around;
  }

  run(child: Supervised): void {
    const { name, post, tell } = this.#around;
    child.starts++;
    child.inside = [];
    child.moveTo("starting");
    this.#limitTime(child, child.readyTimeoutMs);
    tell({ kind: "started", child: child.name, starts: child.starts });
    child.attempt = new Attempt(child.spec, `${name}/${child.name}`, (attempt, news) =>
      post({ kind: "news", child, attempt, news }),
    );
  }

  tellToStop(child: Supervised): void {
    child.toldMs = this.#around.clock.monotonicMs();
    child.moveTo("stopping");
    this.#limitTime(child, child.stopTimeoutMs);
    this.#around.tell({ kind: "stopping", child: child.name });
    child.attempt?.stop();
  }

  hear(child: Supervised, news: AttemptNews): Fall | undefined {
    if (news.kind === "child-over") return this.#over(child, news.failure);
    if (news.kind === "child-unstopped") child.inside = news.inside;
    else if (child.status === "starting") {
      const afterMs = this.#around.clock.monotonicMs() - child.sinceMs;
      child.moveTo("ready");
      this.#around.tell({ kind: "ready", child: child.name, afterMs });
    }
    return undefined;
  }

  timeUp(child: Supervised): Fall | undefined {
    if (child.status === "starting" && !child.leaving) {
      return this.#failed(child, refusal.notReady(child.name, child.readyTimeoutMs));
    }
    if (child.status === "stopping") this.stuck(child);
    else if (child.status === "restarting") child.moveTo("waiting");
    else if (child.status === "paused") {
      this.#around.tell({ kind: "resumed", child: child.name });
      child.moveTo("waiting");
    }
    return undefined;
  }

  /** Its time to stop is over: whoever waits for it is told so, and it is no longer waited for. */
  stuck(child: Supervised): void {
    const waitedMs = child.waitedMs();
    child.moveTo("stuck");
    this.#around.tell({ kind: "stop-timeout", child: child.name, waitedMs });
    child.answer(refusal.stillRuns(child.name, waitedMs));
  }

  #over(child: Supervised, failure?: { readonly thrown: unknown }): Fall | undefined {
    child.attempt = undefined;
    if (child.leaving) {
      this.#stopped(child, failure);
      return undefined;
    }
    if (failure) return this.#failed(child, failure.thrown);
    if (child.restart === "permanent") {
      return this.#failed(child, refusal.endedUnasked(child.name));
    }
    child.goal = "ended";
    child.moveTo("ended");
    this.#around.tell({ kind: "ended", child: child.name });
    return undefined;
  }

  #stopped(child: Supervised, failure: { readonly thrown: unknown } | undefined): void {
    const { delay } = child;
    this.#around.tell({
      kind: "stopped",
      child: child.name,
      afterMs: child.waitedMs(),
      ...(failure && { failure: ReefError.from(failure.thrown) }),
    });
    child.leaving = false;
    child.toldMs = undefined;
    child.delay = undefined;
    if (child.goal !== "run") child.moveTo(child.goal);
    else if (delay) this.#delay(child, delay);
    else child.moveTo("waiting");
    child.answer();
  }

  /** A child failed: it is over, or (when it was not ready in time) it still runs and has to be stopped first. */
  #failed(child: Supervised, thrown: unknown): Fall {
    const { clock, random, tell } = this.#around;
    const { limits } = child;
    const failure = ReefError.from(thrown);
    const order = orderOf(thrown);
    const restarts = order === undefined && child.restart !== "temporary";
    child.lastFailure = failure;
    child.leaving = child.attempt !== undefined;
    if (!order) {
      child.failures = countFailure(child.failures, clock.monotonicMs(), limits.halfLifeMs);
    }
    const failures = child.failureCount();
    const told = { child: child.name, failure, failures, threshold: limits.threshold };
    if (restarts) {
      const delay = restartDelay(failures, limits, random);
      tell({ kind: "failed", ...told, delayMs: delay.delayMs });
      if (child.attempt) child.delay = delay;
      else this.#delay(child, delay);
    } else {
      tell({ kind: "failed", ...told });
      child.goal = "failed";
      if (!child.attempt) child.moveTo("failed");
    }
    return { failure, order, restarts };
  }

  #delay(child: Supervised, { kind, delayMs }: RestartDelay): void {
    child.moveTo(kind === "pause" ? "paused" : "restarting");
    this.#limitTime(child, delayMs);
    if (kind === "restart") return;
    const failures = child.failureCount();
    this.#around.tell({ kind: "backoff", child: child.name, failures, delayMs });
  }

  #limitTime(child: Supervised, delayMs: number): void {
    child.limitTime(delayMs, (timer) => this.#around.post({ kind: "time-up", child, timer }));
  }
}
