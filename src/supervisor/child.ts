/**
 * What a supervisor runs: a name, a function, and what to do when the function is over.
 *
 * A child is anything that runs until it is told to stop: a block in this loop, an edge with its socket, a process
 * (`process-child.ts`), or another supervisor (`supervisor-child.ts`).
 */
import { ReefError } from "../core/errors.ts";
import type { UnstoppedChild } from "./events.ts";

/** `permanent`: started again whenever it is over; `transient`: only after a failure; `temporary`: never. */
export type RestartPolicy = "permanent" | "transient" | "temporary";

/** What a running child is given. */
export interface ChildContext {
  /** Fires when the child must stop. */
  readonly signal: AbortSignal;
  /** The child's place in the tree, `reef/edges/gateway`. */
  readonly path: string;
  /** To be called once the child can serve; its dependents start then. */
  ready(): void;
  /** For children that have children: who inside has not stopped, so that the report of the whole tree names them. */
  unstopped(inside: readonly UnstoppedChild[]): void;
}

/** One child: its name, what it does, and when it is started again. */
export interface ChildSpec {
  /** Unique in its supervisor. */
  readonly name: string;
  /**
   * Runs until it is over. Resolves when it ended by itself, rejects when it failed. Must stop when `signal` fires, and
   * settles only when truly stopped: the next start of the child waits for that.
   */
  run(context: ChildContext): Promise<void>;
  /** @default "permanent" */
  readonly restart?: RestartPolicy;
  /** Names of children in the same supervisor: started when these are ready, stopped before them. @default [] */
  readonly dependsOn?: readonly string[];
  /** A child that has not called `ready()` by then has failed and is stopped. @default 30_000 */
  readonly readyTimeoutMs?: number;
  /** A child that has not settled by then is reported, and nobody waits for it any longer. @default 5_000 */
  readonly stopTimeoutMs?: number;
  readonly failures?: FailureLimits;
}

/** When a child that fails is started again. Every number has its reason at `failureDefaults`. */
export interface FailureLimits {
  /** A failure counts half after this time. @default 30_000 */
  readonly halfLifeMs?: number;
  /** With a count up to this the child starts again after a short delay; above it, after `pauseMs`. @default 5 */
  readonly threshold?: number;
  /** Delay after the first failure; doubles with each. @default 20 */
  readonly restartDelayMs?: number;
  /** No short delay is longer, before jitter. @default 1_000 */
  readonly restartDelayMsMax?: number;
  /** Delay of a child that keeps failing, before jitter. @default 15_000 */
  readonly pauseMs?: number;
}

const domain = "supervisor";

/** Thrown by a child that failed in a way that no other start heals. It is not started again, its siblings go on. */
export function doNotRestart(cause: unknown): ReefError {
  return new ReefError("failed_precondition", `Not to be restarted: ${textOf(cause)}`, {
    cause,
    domain,
    reason: "do_not_restart",
  });
}

/** Thrown by a child without which its siblings are of no use: the whole supervisor stops and fails. */
export function terminateSupervisor(cause: unknown): ReefError {
  return new ReefError("aborted", `Its supervisor is to end: ${textOf(cause)}`, {
    cause,
    domain,
    reason: "terminate_supervisor",
  });
}

export interface ChildOrder {
  readonly order: "do_not_restart" | "terminate_supervisor";
  /** What the child gave as the cause. */
  readonly cause: unknown;
}

/** Which of the two orders above `thrown` carries, also when somebody wrapped it on its way. */
export function orderOf(thrown: unknown): ChildOrder | undefined {
  const seen = new Set<unknown>();
  let current = thrown;
  while (current instanceof Error && !seen.has(current)) {
    seen.add(current);
    if (current instanceof ReefError && current.domain === domain) {
      const { reason: order, cause } = current;
      if (order === "do_not_restart" || order === "terminate_supervisor") return { order, cause };
    }
    current = current.cause;
  }
  return undefined;
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
