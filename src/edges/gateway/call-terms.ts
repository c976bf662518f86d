/** What a caller says about a call in headers, in the words of the native wire. */
import type { IncomingMessage } from "node:http";
import { parseTraceparent } from "../../rpc/trace.ts";
import { refusal } from "./problem.ts";

/** Ids that are safe in logs, in headers and in a URN; any other is replaced by our own. */
const saneRequestId = /^[\w.-]{1,128}$/;

/** The id of `x-request-id`, or `fresh`. */
export function requestIdOf({ headers }: IncomingMessage, fresh: () => string): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && saneRequestId.test(given) ? given : fresh();
}

/** What travels on beside the message. */
export function metadataOf(
  { headers }: IncomingMessage,
  requestId: string,
): { readonly [name: string]: string } {
  const { traceparent } = headers;
  // A broken traceparent is dropped, as W3C Trace Context asks; the call starts a new trace.
  if (typeof traceparent !== "string" || !parseTraceparent(traceparent)) {
    return { "x-request-id": requestId };
  }
  return { "x-request-id": requestId, traceparent };
}

/**
 * The time limit that `x-timeout-ms` sets for the whole call; undefined for the client's own default.
 * @throws {ReefError} `bad_request` unless it is 1 to `timeoutMsMax`
 */
export function timeoutMsOf(
  { headers }: IncomingMessage,
  timeoutMsMax: number,
): number | undefined {
  const given = headers["x-timeout-ms"];
  if (given === undefined) return undefined;
  const timeoutMs = typeof given === "string" && /^\d{1,9}$/.test(given) ? Number(given) : 0;
  if (timeoutMs >= 1 && timeoutMs <= timeoutMsMax) return timeoutMs;
  throw refusal(
    "bad_request",
    `Cannot use x-timeout-ms: it must be 1 to ${timeoutMsMax} milliseconds, it is ${JSON.stringify(given)}`,
  );
}
