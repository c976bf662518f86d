/** Why a service's end of a connection refuses: a call, or the peer as a whole. */
import { ReefError } from "../../core/errors.ts";
import type { ServerCall } from "../server-call.ts";
import { methodsMax } from "./frames.ts";

export function refused(code: "unavailable" | "resource_exhausted", rule: string): ReefError {
  return new ReefError(code, `Cannot take the call: ${rule}`, { maybeExecuted: false });
}

/** A message that is not what its method says; no handler has seen it. */
export function unreadable(cause: unknown): ReefError {
  const { code, message, violations } = ReefError.from(cause);
  const known = code === "unknown" ? "invalid_argument" : code;
  return new ReefError(known, message, { cause, violations, maybeExecuted: false });
}

/** What a handler gave cannot be sent. */
export function brokenContract(call: ServerCall, cause: unknown): ReefError {
  const { message } = ReefError.from(cause);
  const text = `The handler of ${call.service}/${call.method} broke its contract: ${message}`;
  return new ReefError("internal", text, { cause });
}

export function unexpected(type: number): ReefError {
  return new ReefError("invalid_argument", `Cannot read a frame of type ${type} here`);
}

export function unnamed(): ReefError {
  return new ReefError("invalid_argument", "Cannot take a call: its method was never named");
}

export function taken(id: number): ReefError {
  const rule = id === 0 ? "this number is the connection itself" : "it is under way";
  return new ReefError("invalid_argument", `Cannot take call ${id}: ${rule}`);
}

export function tooManyMethods(): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot name a method: the limit is ${methodsMax} on one connection`,
  );
}

/** The caller has numbers for the contract, and this node was not given any. */
export function unnumbered({ service, name }: { service: string; name: string }): ReefError {
  return new ReefError(
    "unimplemented",
    `Cannot speak protobuf with ${service}/${name}: its contract has no numbers here; call it with JSON`,
    { maybeExecuted: false },
  );
}
