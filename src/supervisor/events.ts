/** What a supervisor tells: its events, the state of its children, and who did not stop. All of it is plain data. */
import type { ReefError } from "../core/errors.ts";

/**
 * - `waiting`: to be started when its dependencies are ready
 * - `starting`: runs, but cannot serve yet
 * - `ready`: serves
 * - `restarting`: failed, starts again after a short delay
 * - `paused`: keeps failing, starts again after a long one
 * - `stopping`: was told to stop
 * - `stuck`: was told to stop and did not in its time
 * - `stopped`: was stopped by somebody
 * - `ended`: ended by itself, and that is fine
 * - `failed`: failed, and is not to be started again
 */
export type ChildStatus =
  | "waiting"
  | "starting"
  | "ready"
  | "restarting"
  | "paused"
  | "stopping"
  | "stuck"
  | "stopped"
  | "ended"
  | "failed";

/** How one child fares. */
export interface ChildState {
  readonly name: string;
  readonly status: ChildStatus;
  /** Wall time since when the status is what it is, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** How often it was started. */
  readonly starts: number;
  /** The failure count now, faded by time. */
  readonly failures: number;
  readonly lastFailure?: ReefError;
  /** The dependencies that are not ready; only while `waiting`. */
  readonly waitingFor?: readonly string[];
}

export interface UnstoppedChild {
  /** From the supervisor that reports down to the child, `edges/gateway`. */
  readonly child: string;
  /** How long its end was waited for; 0 when there was no time left even to tell it. */
  readonly waitedMs: number;
}

/** How a stop went. */
export interface StopReport {
  readonly tookMs: number;
  /** Empty when everything has stopped. */
  readonly unstopped: readonly UnstoppedChild[];
}

/** One thing that happened, with where and when. */
export type SupervisorEvent = {
  /** Where in the tree, `reef/edges`. */
  readonly supervisor: string;
  readonly atMs: number;
} & SupervisorNews;

export type SupervisorNews =
  | { readonly kind: "added" | "removed"; readonly child: string }
  | { readonly kind: "started"; readonly child: string; readonly starts: number }
  | { readonly kind: "ready"; readonly child: string; readonly afterMs: number }
  /** `delayMs` until the next start; absent when there will be none. */
  | {
      readonly kind: "failed";
      readonly child: string;
      readonly failure: ReefError;
      readonly failures: number;
      readonly threshold: number;
      readonly delayMs?: number;
    }
  /** It failed more often than the threshold allows and is left alone for `delayMs`. */
  | {
      readonly kind: "backoff";
      readonly child: string;
      readonly failures: number;
      readonly delayMs: number;
    }
  /** The time of its backoff is over; it is started next. */
  | { readonly kind: "resumed"; readonly child: string }
  | { readonly kind: "ended"; readonly child: string }
  | { readonly kind: "stopping"; readonly child: string }
  /** `failure` is what it threw on its way out. */
  | {
      readonly kind: "stopped";
      readonly child: string;
      readonly afterMs: number;
      readonly failure?: ReefError;
    }
  | { readonly kind: "stop-timeout"; readonly child: string; readonly waitedMs: number }
  /** Its children fail too often in sum, or one said `terminateSupervisor`: everything stops and the parent is told. */
  | { readonly kind: "escalated"; readonly failure: ReefError; readonly failures: number }
  | { readonly kind: "closed"; readonly report: StopReport };
