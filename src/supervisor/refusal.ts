/** The errors of a supervisor, each saying what is wrong and what to do next. */
import { ReefError } from "../core/errors.ts";

export function supervisorStopping(supervisor: string): ReefError {
  return new ReefError(
    "failed_precondition",
    `Cannot ask "${supervisor}": it is stopping or has stopped`,
    { maybeExecuted: false },
  );
}

export function noSuchChild(name: string, supervisor: string, known: Iterable<string>): ReefError {
  const names = [...known].join(", ") || "none";
  return new ReefError(
    "not_found",
    `Cannot find child "${name}" of "${supervisor}": its children are ${names}`,
  );
}

export function alreadyThere(name: string, supervisor: string): ReefError {
  return new ReefError(
    "already_exists",
    `Cannot add "${name}" to "${supervisor}": names are unique there; remove the other first`,
  );
}

export function tooMany(supervisor: string, count: number, limit: number): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot have ${count} children in "${supervisor}": the limit is ${limit}; ` +
      "put some of them under a supervisor of their own",
  );
}

export function dependencyIsOff(
  name: string,
  other: string,
  goal: "stopped" | "failed",
): ReefError {
  const is = goal === "failed" ? "has failed and is not restarted" : "is stopped";
  return new ReefError(
    "failed_precondition",
    `Cannot start "${name}": it depends on "${other}", which ${is}; start "${other}" first`,
  );
}

export function stillNeeded(name: string, dependents: readonly string[]): ReefError {
  const others = dependents.map((dependent) => `"${dependent}"`).join(", ");
  return new ReefError(
    "failed_precondition",
    `Cannot remove "${name}": ${others} depend${dependents.length === 1 ? "s" : ""} on it; remove that first`,
  );
}

export function stillRuns(name: string, waitedMs: number): ReefError {
  return new ReefError(
    "deadline_exceeded",
    `Cannot stop "${name}": it has not settled ${Math.round(waitedMs)} ms after its signal`,
  );
}

export function notReady(name: string, readyTimeoutMs: number): ReefError {
  return new ReefError(
    "deadline_exceeded",
    `Cannot use "${name}": it did not become ready within ${readyTimeoutMs} ms; ` +
      "it has to call ready(), or be given more time by readyTimeoutMs",
  );
}

export function endedUnasked(name: string): ReefError {
  return new ReefError(
    "unavailable",
    `Child "${name}" ended by itself, but is to run until it is stopped (restart: "permanent")`,
  );
}

export function failsTooOften(
  supervisor: string,
  count: { readonly failures: number; readonly limit: number },
  last: ReefError,
): ReefError {
  return new ReefError(
    "unavailable",
    `Supervisor "${supervisor}" gives up: its children failed ${count.failures.toFixed(1)} times lately, ` +
      `the limit is ${count.limit}; the last failure was: ${last.message}`,
    { cause: last },
  );
}

/** `off` is the child itself, or something that it waits for. */
export function willNotBeReady(
  name: string,
  off: {
    readonly name: string;
    readonly goal: string;
    readonly lastFailure: ReefError | undefined;
  },
): ReefError {
  const needs = off.name === name ? "it" : `it depends on "${off.name}", which`;
  const last = off.goal === "failed" ? off.lastFailure : undefined;
  const why = last ? `failed and is not restarted (${last.message})` : "was stopped";
  return new ReefError(
    "failed_precondition",
    `Cannot wait for "${name}": ${needs} ${why}; start "${off.name}" first`,
    last ? { cause: last } : {},
  );
}
