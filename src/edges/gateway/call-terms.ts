/** What a caller says about a call in headers, in the words of the native wire. */
import type { IncomingMessage } from "node:http";
import type { EntranceOptions } from "../../rpc/client-call.ts";
import type { NamespacedOptions } from "../../rpc/namespaced-client.ts";
import { newTrace, parseTraceparent, type Trace } from "../../rpc/trace.ts";
import { bearerToken } from "../../rpc/doorkeeper.ts";
import { refusal } from "../../rpc/http/problem.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewayLimits } from "./limits.ts";

/** The headers in which they are. */
export const termNames: readonly string[] = ["traceparent", "x-request-id", "x-timeout-ms"];

/** The trace of `traceparent`, or a new one. A broken header is dropped, as W3C Trace Context asks. */
export function traceOf({ headers }: IncomingMessage): Trace {
  const { traceparent } = headers;
  return (typeof traceparent === "string" && parseTraceparent(traceparent)) || newTrace();
}

/** The id of `x-request-id`, if it is one that is safe in logs, headers and URNs. */
export function givenRequestId({ headers }: IncomingMessage): string | undefined {
  const given = headers["x-request-id"];
  return typeof given === "string" && saneRequestId.test(given) ? given : undefined;
}

const saneRequestId = /^[\w.-]{1,128}$/;

/** What is said about the call that a request asks for. */
export function callOptions(
  exchange: Exchange,
  { timeoutMsMax }: GatewayLimits,
  stops: "by its signal" | "with its connection" = "by its signal",
): EntranceOptions | NamespacedOptions {
  const { request, trace, givenId, known, namespace } = exchange;
  const timeoutMs = timeoutMsOf(request, timeoutMsMax);
  const { authorization } = request.headers;
  return {
    signal: stops === "by its signal" ? exchange.signal : undefined,
    onCall: stops === "by its signal" ? undefined : (call) => exchange.hold(call),
    trace,
    onHeaders: (headers) => exchange.hear("headers", headers),
    onTrailers: (trailers) => exchange.hear("trailers", trailers),
    ...(namespace !== undefined && { namespace }),
    // Who is known here is known to the service, which decides for itself.
    ...(known && authorization !== undefined && { as: bearerToken(authorization) }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    // An id that the client made is news to the service; ours is that of the trace.
    ...(givenId !== undefined && { metadata: { "x-request-id": givenId } }),
  };
}

/**
 * The time limit that `x-timeout-ms` sets for the whole call; undefined for the client's own default.
 * @throws {ReefError} `bad_request` unless it is 1 to `timeoutMsMax`
 */
function timeoutMsOf({ headers }: IncomingMessage, timeoutMsMax: number): number | undefined {
  const given = headers["x-timeout-ms"];
  if (given === undefined) return undefined;
  const timeoutMs = typeof given === "string" && /^\d{1,9}$/.test(given) ? Number(given) : 0;
  if (timeoutMs >= 1 && timeoutMs <= timeoutMsMax) return timeoutMs;
  throw refusal(
    "bad_request",
    `Cannot use x-timeout-ms: it must be 1 to ${timeoutMsMax} milliseconds, it is ${JSON.stringify(given)}`,
  );
}
