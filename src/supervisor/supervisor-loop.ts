/**
 * The loop of a supervisor: all its state, changed by one message at a time and by nothing else.
 *
 * A message only writes down what has become true (this child is over, that one is to stop). What follows from it, who
 * is told to stop and who starts next, is worked out in one place after every message: `#advance`.
 */
import type { Timer } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { ChildSpec } from "./child.ts";
import type { UnstoppedChild } from "./events.ts";
import { countFailure, noFailures } from "./failure-count.ts";
import { type Fall, Life, type LifeSurroundings } from "./life.ts";
import type { Message, Reply, Request, WhenReady } from "./message.ts";
import { nextSteps } from "./next-steps.ts";
import * as refusal from "./refusal.ts";
import { Roster } from "./roster.ts";
import { restartedWith, type Strategy } from "./strategy.ts";
import { Supervised } from "./supervised.ts";
import type { SupervisorEnd } from "./supervisor.ts";

export interface LoopSurroundings extends LifeSurroundings {
  readonly strategy: Strategy;
  readonly escalateAbove: number;
  readonly halfLifeMs: number;
  readonly stopTimeoutMs: number;
  readonly end: (end: SupervisorEnd) => void;
}

/**
 * The part of the time to stop after which order no longer matters: everybody who has not been told to stop is told, so
 * that one child that ignores its signal does not take away the time of those that wait for it.
 */
const hurryAfter = 0.8;

export class SupervisorLoop {
  readonly #around: LoopSurroundings;
  readonly #roster: Roster;
  readonly #life: Life;
  #failures = noFailures;
  #whenReady: WhenReady[] = [];
  #closing: { readonly sinceMs: number; readonly failure?: ReefError } | undefined;
  #closingTimers: Timer[] = [];
  #hurry = false;
  #hasEnded = false;

  constructor(around: LoopSurroundings) {
    this.#around = around;
    this.#roster = new Roster(around.name);
    this.#life = new Life(around);
  }

  handle(message: Message): void {
    switch (message.kind) {
      case "news": {
        const { child, attempt, news } = message;
        if (child.attempt === attempt) this.#afterFall(child, this.#life.hear(child, news));
        if (child.removing && !child.attempt) this.#forget(child);
        break;
      }
      case "time-up": {
        const { child, timer } = message;
        if (child.isCurrent(timer)) this.#afterFall(child, this.#life.timeUp(child));
        break;
      }
      case "forget":
        this.#whenReady = this.#whenReady.filter(({ reply }) => reply !== message.reply);
        message.reply.reject(message.reason);
        break;
      case "close":
        this.#close();
        break;
      case "hurry":
        this.#hurry = true;
        break;
      case "budget-over":
        for (const child of this.#roster.all) if (child.running) this.#life.stuck(child);
        break;
      default:
        this.#answer(message);
    }
    this.#advance();
  }

  /** What follows from all that is true now. */
  #advance(): void {
    if (this.#hasEnded) return;
    const { strategy } = this.#around;
    const steps = nextSteps(this.#roster, { strategy, hurry: this.#hurry });
    for (const child of steps.stop) this.#life.tellToStop(child);
    for (const child of steps.start) this.#life.run(child);
    this.#whenReady = this.#whenReady.filter((waiter) => !this.#answerReady(waiter));
    this.#endWhenStopped();
  }

  /** Each request checks first and changes after, so that one that is refused has changed nothing. */
  #answer(request: Request): void {
    try {
      if (this.#closing && request.kind !== "list") {
        throw refusal.supervisorStopping(this.#around.name);
      }
      this.#do(request);
    } catch (thrown) {
      if (!(thrown instanceof ReefError)) throw thrown;
      request.reply.reject(thrown);
    }
  }

  #do(request: Request): void {
    switch (request.kind) {
      case "add":
        this.#add(request.specs);
        return request.reply.resolve();
      case "list":
        return request.reply.resolve(this.#roster.states());
      case "when-ready":
        this.#whenReady.push(request);
        return;
      case "start":
        this.#start(this.#roster.get(request.name));
        return request.reply.resolve();
      case "stop":
        return this.#stop(this.#roster.get(request.name), request.reply);
      case "restart":
        return this.#restart(this.#roster.get(request.name), request.reply);
      case "remove":
        return this.#remove(this.#roster.get(request.name), request.reply);
    }
  }

  #add(specs: readonly ChildSpec[]): void {
    const { clock, tell } = this.#around;
    this.#roster.add(specs.map((spec) => new Supervised(spec, clock)));
    for (const { name } of specs) tell({ kind: "added", child: name });
  }

  #start(child: Supervised): void {
    this.#roster.checkStartable(child);
    child.goal = "run";
    child.delay = undefined;
    if (child.attempt) return;
    child.failures = noFailures;
    child.moveTo("waiting");
  }

  #stop(child: Supervised, reply: Reply<void>): void {
    child.goal = "stopped";
    child.delay = undefined;
    this.#leave(child, reply);
    if (!child.attempt) child.moveTo("stopped");
  }

  #restart(child: Supervised, reply: Reply<void>): void {
    this.#start(child);
    child.failures = noFailures;
    this.#leave(child, reply);
  }

  #remove(child: Supervised, reply: Reply<void>): void {
    this.#roster.checkUnneeded(child);
    child.removing = true;
    this.#stop(child, reply);
    if (!child.attempt) this.#forget(child);
  }

  #forget(child: Supervised): void {
    this.#roster.remove(child);
    this.#around.tell({ kind: "removed", child: child.name });
  }

  /** It has to stop; `reply` is answered when it has. */
  #leave(child: Supervised, reply: Reply<void>): void {
    if (!child.attempt) return reply.resolve();
    child.leaving = true;
    if (child.status !== "stuck") child.stopReplies.push(reply);
    else reply.reject(refusal.stillRuns(child.name, child.waitedMs()));
  }

  /** Whether the question has been answered. */
  #answerReady({ name, reply }: WhenReady): boolean {
    const readiness = this.#roster.readiness(name);
    if (readiness === true) reply.resolve();
    else if (readiness !== false) reply.reject(readiness);
    return readiness !== false;
  }

  /** What the failure of a child means for its siblings, and for all of them. */
  #afterFall(child: Supervised, fall: Fall | undefined): void {
    if (!fall) return;
    const { clock, strategy, halfLifeMs } = this.#around;
    const { failure, order, restarts } = fall;
    if (!order) this.#failures = countFailure(this.#failures, clock.monotonicMs(), halfLifeMs);
    if (restarts) {
      const names = this.#roster.all.map(({ name }) => name);
      for (const name of restartedWith(strategy, names, child.name)) {
        const sibling = this.#roster.get(name);
        if (sibling.attempt) sibling.leaving = true;
      }
    }
    // The order ends here: what the parent gets is a failure like any other.
    if (order?.order === "terminate_supervisor") this.#escalate(ReefError.from(order.cause));
    else this.#escalateIfTooMany(failure);
  }

  #escalateIfTooMany(last: ReefError): void {
    const { name, escalateAbove: limit } = this.#around;
    const failures = this.#failures.count;
    if (failures > limit) this.#escalate(refusal.failsTooOften(name, { failures, limit }, last));
  }

  #escalate(failure: ReefError): void {
    if (this.#closing) return;
    this.#around.tell({ kind: "escalated", failure, failures: this.#failures.count });
    this.#close(failure);
  }

  #close(failure?: ReefError): void {
    if (this.#closing) return;
    const { name, clock, post, stopTimeoutMs } = this.#around;
    this.#closing = { sinceMs: clock.monotonicMs(), ...(failure && { failure }) };
    const refused = refusal.supervisorStopping(name);
    for (const { reply } of this.#whenReady.splice(0)) reply.reject(refused);
    for (const child of this.#roster.all) {
      child.delay = undefined;
      if (child.attempt) child.leaving = true;
      if (child.goal === "run") child.goal = "stopped";
      if (!child.attempt) child.moveTo(child.goal);
    }
    this.#closingTimers = [
      clock.after(stopTimeoutMs * hurryAfter, () => post({ kind: "hurry" })),
      clock.after(stopTimeoutMs, () => post({ kind: "budget-over" })),
    ];
  }

  #endWhenStopped(): void {
    const { clock, tell, end } = this.#around;
    const left = this.#roster.all.filter((child) => child.attempt);
    if (!this.#closing || left.some((child) => child.running)) return;
    for (const timer of this.#closingTimers) timer.cancel();
    this.#hasEnded = true;
    const { sinceMs, failure } = this.#closing;
    const report = {
      tookMs: clock.monotonicMs() - sinceMs,
      unstopped: left.flatMap((child) => namedUnstopped(child)),
    };
    const stragglers = Promise.all(left.map((child) => child.attempt?.over)).then(() => undefined);
    tell({ kind: "closed", report });
    end({ report, stragglers, ...(failure && { failure }) });
  }
}

/** The child itself, or those inside it that it named. */
function namedUnstopped(child: Supervised): readonly UnstoppedChild[] {
  const { name, inside } = child;
  if (inside.length === 0) return [{ child: name, waitedMs: child.waitedMs() }];
  return inside.map(({ child: inner, waitedMs }) => ({ child: `${name}/${inner}`, waitedMs }));
}
