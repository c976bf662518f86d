/** The life of one request: guarded, given its one path, matched, called, answered. */
import { ReefError } from "../../core/errors.ts";
import type { CallOptions } from "../../rpc/client-call.ts";
import { inputFromBody, inputFromQuery } from "./bound-input.ts";
import { timeoutMsOf } from "./call-terms.ts";
import { canonicalPath, type CanonicalPath } from "./canonical-path.ts";
import type { Catalog } from "./catalog.ts";
import type { Exchange, ExchangeHost } from "./exchange.ts";
import type { Guard } from "./guard.ts";
import { refusal } from "../../rpc/http/problem.ts";
import {
  type BodyMeter,
  checkBodyHeaders,
  checkTransfer,
  emptyObject,
  hasBody,
} from "./read-body.ts";
import { pages, sendOptions, sendPage } from "./pages.ts";
import type { Match } from "./routes.ts";
import { sendEvents } from "./sse.ts";
import type { Upstream } from "./upstream.ts";

export interface ServeHost extends ExchangeHost {
  readonly catalog: Catalog;
  readonly guard: Guard;
  readonly version: string;
  /** All bodies that are held now. */
  readonly meter: BodyMeter;
  /** Requests under way, this one included, and the streams among them. */
  readonly load: { requests: number; streams: number };
}

/**
 * Answers one request. It never throws: what goes wrong is the answer. The steps that wait are all in here, because
 * each function that waits costs a promise for every request.
 */
export async function serve(exchange: Exchange, host: ServeHost): Promise<void> {
  let upstream: Upstream | undefined;
  try {
    const target = admit(exchange, host);
    if (answerItself(exchange, target.path, host)) return;
    const match = findMatch(exchange, target.path, host);
    const options = callOptions(exchange, host);
    const input = await readInput(exchange, match, target.query, host);
    const { endpoint } = match;
    upstream = endpoint.upstream;
    upstream.enter();
    const answer = endpoint.call(input.length === 0 ? emptyObject : input, options);
    if (endpoint.method.kind === "server_stream") {
      // The kind of the method says what its call returns.
      await sendStream(exchange, answer as AsyncIterable<Buffer>, host);
    } else {
      const body = await (answer as Promise<Buffer | undefined>);
      if (body === undefined) exchange.sendEmpty(202);
      else exchange.send(200, "application/json", body);
    }
  } catch (thrown) {
    exchange.fail(thrown);
  } finally {
    upstream?.leave();
  }
}

/** @throws {ReefError} a refusal, whatever the path leads to */
function admit(exchange: Exchange, { guard, limits, load }: ServeHost): CanonicalPath {
  const { request } = exchange;
  exchange.origin = guard.check(request);
  checkTransfer(request.headers["transfer-encoding"], request.httpVersionMinor);
  const target = canonicalPath(request.url ?? "", { bytesMax: limits.targetBytesMax });
  if (load.requests > limits.requestsMax) throw tooMany("requests", limits.requestsMax);
  return target;
}

/** True when the path is the gateway's own business. */
function answerItself(exchange: Exchange, path: string, host: ServeHost): boolean {
  const page = pages.get(path);
  if (exchange.request.method === "OPTIONS") sendOptions(exchange, path, host);
  else if (page) sendPage(exchange, path, page(host));
  else return false;
  return true;
}

function callOptions({ request, signal, trace, givenId }: Exchange, host: ServeHost): CallOptions {
  const timeoutMs = timeoutMsOf(request, host.limits.timeoutMsMax);
  return {
    signal,
    trace,
    ...(timeoutMs !== undefined && { timeoutMs }),
    // An id that the client made is news to the service; ours is that of the trace.
    ...(givenId !== undefined && { metadata: { "x-request-id": givenId } }),
  };
}

/** @throws {ReefError} what `Routes.find` throws, and `unimplemented` for what HTTP cannot carry */
function findMatch({ request }: Exchange, path: string, { catalog }: ServeHost): Match {
  const { method: verb = "" } = request;
  const match = catalog.routes.find(verb === "HEAD" ? "GET" : verb, path);
  const { name, kind } = match.endpoint.method;
  if (kind === "client_stream" || kind === "bidi_stream") {
    throw new ReefError(
      "unimplemented",
      `Cannot call "${name}" over plain HTTP: its caller sends a stream; ` +
        "use client() of reef, or the command reef call",
      { maybeExecuted: false },
    );
  }
  if (verb === "HEAD" && kind === "server_stream") {
    throw refusal("method_not_allowed", `Cannot HEAD ${path}: it answers with a stream`, {
      allow: catalog.routes
        .verbs(path)
        .filter((each) => each !== "HEAD")
        .join(", "),
    });
  }
  return match;
}

/** The input as JSON bytes; at once where there is no body to wait for. */
function readInput(
  exchange: Exchange,
  { endpoint: { method, binding }, captures }: Match,
  query: string | undefined,
  host: ServeHost,
): Buffer | Promise<Buffer> {
  const { request } = exchange;
  if (binding?.rest === "query") {
    if (!hasBody(request)) return inputFromQuery(method.input, captures, query);
    throw refusal("bad_request", `Cannot take a body with ${request.method}: use the query`);
  }
  if (query !== undefined) {
    throw refusal(
      "bad_request",
      `Cannot use the query "${query}": the body carries the input here`,
    );
  }
  checkBodyHeaders(request);
  const body = exchange.body(host.meter);
  if (captures.length === 0) return body;
  return body.then((bytes) => {
    return inputFromBody(method.input, captures, bytes.length === 0 ? emptyObject : bytes);
  });
}

async function sendStream(
  exchange: Exchange,
  messages: AsyncIterable<Buffer>,
  { limits, load, clock }: ServeHost,
): Promise<void> {
  if (load.streams >= limits.streamsMax) throw tooMany("streams", limits.streamsMax);
  load.streams += 1;
  try {
    await sendEvents(exchange, messages, { clock, readStallMs: limits.readStallMs });
  } finally {
    load.streams -= 1;
  }
}

function tooMany(what: string, limit: number): ReefError {
  return refusal(
    "too_many_requests",
    `Cannot take another of the ${what}: the limit is ${limit} at once; try again`,
  );
}
