/** How calls fail on their way through a connection, in the words that callers read. */
import { ReefError } from "../../core/errors.ts";
import type { ClientCall } from "../client-call.ts";
import { decodeError } from "./error-frame.ts";

/** A call that this connection does not take. */
export function neverSent(code: "unavailable" | "resource_exhausted", rule: string): ReefError {
  return new ReefError(code, `Cannot send the call: ${rule}`, { maybeExecuted: false });
}

/** A call that came after the connection's end. */
export function never(error: ReefError): ReefError {
  return new ReefError(error.code, error.message, { cause: error, maybeExecuted: false });
}

/** A call that could not be written. */
export function unsent(error: unknown): ReefError {
  const { code, message, violations } = ReefError.from(error);
  return new ReefError(code === "unknown" ? "invalid_argument" : code, message, {
    cause: error,
    violations,
    maybeExecuted: false,
  });
}

/** A stream of inputs that failed here, in its middle: what came before has been executed. */
export function stopped(error: unknown): ReefError {
  const reason = ReefError.from(error);
  if (reason.maybeExecuted) return reason;
  const { code, message, violations } = reason;
  return new ReefError(code, message, { cause: error, violations });
}

/** Calls whose connection the far side has ended by an ERROR: it need not be about any of them. */
export function refused(text: string): ReefError {
  const cause = decodeError(text);
  const rule = `The connection was ended by the far side: ${cause.message}`;
  return new ReefError("unavailable", rule, { cause });
}

/** Calls whose connection we have ended, because the far side does not keep the protocol. */
export function broken(cause: ReefError): ReefError {
  const text = `The connection was ended: ${cause.message}`;
  return new ReefError("unavailable", text, { cause });
}

export function unexpected(type: number): ReefError {
  return new ReefError("invalid_argument", `Cannot read a frame of type ${type} here`);
}

export function unreadable({ method }: ClientCall, cause: unknown): ReefError {
  const text = `Cannot read the answer of ${method.service}/${method.name}`;
  return new ReefError("internal", text, { cause });
}
