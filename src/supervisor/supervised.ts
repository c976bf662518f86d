/** A child as the loop sees it. Only the loop changes it: there is nothing to lock and no half-done change to see. */
import type { Clock, Timer } from "../core/clock.ts";
import type { ReefError } from "../core/errors.ts";
import type { Attempt } from "./attempt.ts";
import type { ChildSpec, FailureLimits, RestartPolicy } from "./child.ts";
import type { ChildState, ChildStatus, UnstoppedChild } from "./events.ts";
import { fadedCount, noFailures } from "./failure-count.ts";
import type { Reply } from "./message.ts";
import { failureDefaults, type RestartDelay } from "./restart-delay.ts";

export class Supervised {
  readonly spec: ChildSpec;
  readonly restart: RestartPolicy;
  readonly limits: Required<FailureLimits>;
  readonly readyTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly #clock: Clock;

  status: ChildStatus = "waiting";
  sinceMs: number;
  #sinceWallMs: number;
  /** What it is to be, or to become when it has stopped. */
  goal: "run" | "stopped" | "failed" | "ended" = "run";
  /** It runs and has to stop: at once, or when its dependents have. */
  leaving = false;
  /** To be forgotten when it has stopped. */
  removing = false;
  /** When it was told to stop. */
  toldMs: number | undefined;
  /** Of a child that is being stopped because it failed: how long it then has to wait. */
  delay: RestartDelay | undefined;
  starts = 0;
  failures = noFailures;
  lastFailure: ReefError | undefined;
  attempt: Attempt | undefined;
  /** What it said about its own children that did not stop. */
  inside: readonly UnstoppedChild[] = [];
  /** Callers who wait for it to have stopped. */
  stopReplies: Reply<void>[] = [];
  #timer: Timer | undefined;

  constructor(spec: ChildSpec, clock: Clock) {
    const {
      restart = "permanent",
      readyTimeoutMs = 30_000,
      stopTimeoutMs = 5_000,
      failures = {},
    } = spec;
    this.spec = spec;
    this.restart = restart;
    this.readyTimeoutMs = readyTimeoutMs;
    this.stopTimeoutMs = stopTimeoutMs;
    this.limits = { ...failureDefaults, ...failures };
    this.#clock = clock;
    this.sinceMs = clock.monotonicMs();
    this.#sinceWallMs = clock.wallMs();
  }

  get name(): string {
    return this.spec.name;
  }

  get dependsOn(): readonly string[] {
    return this.spec.dependsOn ?? [];
  }

  /** It runs, and the loop still waits for it to do something. */
  get running(): boolean {
    return this.attempt !== undefined && this.status !== "stuck";
  }

  /** What its dependents wait for. One that ended by itself and is not to run again has done what it was there for. */
  get served(): boolean {
    return this.status === "ready" || this.status === "ended";
  }

  /** Every status has at most one time limit, so a new status ends the old one's. */
  moveTo(status: ChildStatus): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.status = status;
    this.sinceMs = this.#clock.monotonicMs();
    this.#sinceWallMs = this.#clock.wallMs();
  }

  /** Limits the time in this status; an infinite limit is none. */
  limitTime(delayMs: number, timeUp: (timer: Timer) => void): void {
    if (delayMs === Infinity) return;
    const timer = this.#clock.after(delayMs, () => timeUp(timer));
    this.#timer = timer;
  }

  /** Whether a timer that fired is still meant: it may have fired just before the status changed. */
  isCurrent(timer: Timer): boolean {
    return this.#timer === timer;
  }

  answer(error?: ReefError): void {
    for (const reply of this.stopReplies.splice(0)) {
      if (error) reply.reject(error);
      else reply.resolve();
    }
  }

  /** How long ago it was told to stop. */
  waitedMs(): number {
    return this.toldMs === undefined ? 0 : this.#clock.monotonicMs() - this.toldMs;
  }

  failureCount(): number {
    return fadedCount(this.failures, this.#clock.monotonicMs(), this.limits.halfLifeMs);
  }

  state(waitingFor: readonly string[]): ChildState {
    return {
      name: this.name,
      status: this.status,
      sinceMs: this.#sinceWallMs,
      starts: this.starts,
      failures: this.failureCount(),
      ...(this.lastFailure && { lastFailure: this.lastFailure }),
      ...(this.status === "waiting" && { waitingFor }),
    };
  }
}
