/** The life of one request: guarded, given its one path, matched, called, answered. */
import { ReefError } from "../../core/errors.ts";
import type { CallOptions } from "../../rpc/client-call.ts";
import { inputFromBody, inputFromQuery } from "./bound-input.ts";
import { metadataOf, timeoutMsOf } from "./call-terms.ts";
import { canonicalPath, type CanonicalPath } from "./canonical-path.ts";
import type { Catalog } from "./catalog.ts";
import type { Exchange, ExchangeHost } from "./exchange.ts";
import type { Guard } from "./guard.ts";
import { refusal } from "./problem.ts";
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

export interface ServeHost extends ExchangeHost {
  readonly catalog: Catalog;
  readonly guard: Guard;
  readonly version: string;
  readonly meter: BodyMeter;
  /** Requests under way, this one included, and the streams among them. */
  readonly load: { requests: number; streams: number };
}

/** Answers one request. It never throws: what goes wrong is the answer. */
export async function serve(exchange: Exchange, host: ServeHost): Promise<void> {
  try {
    const { request } = exchange;
    exchange.origin = host.guard.check(request);
    checkTransfer(request.headers["transfer-encoding"], request.httpVersionMinor);
    const target = canonicalPath(request.url ?? "", { bytesMax: host.limits.targetBytesMax });
    if (host.load.requests > host.limits.requestsMax)
      throw tooMany("requests", host.limits.requestsMax);
    if (request.method === "OPTIONS") return sendOptions(exchange, target.path, host);
    const page = pages.get(target.path);
    if (page) return sendPage(exchange, target.path, page(host));
    await callService(exchange, target, host);
  } catch (thrown) {
    exchange.fail(thrown);
  }
}

async function callService(
  exchange: Exchange,
  target: CanonicalPath,
  host: ServeHost,
): Promise<void> {
  const match = findMatch(exchange, target.path, host);
  const { method, upstream, call } = match.endpoint;
  const timeoutMs = timeoutMsOf(exchange.request, host.limits.timeoutMsMax);
  const { bytes, metered } = await readInput(exchange, match, target.query, host);
  const options: CallOptions = {
    signal: exchange.signal,
    metadata: metadataOf(exchange.request, exchange.requestId),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  upstream.enter();
  try {
    const answer = call(bytes, options);
    if (method.kind === "server_stream") {
      // The kind of the method says what its call returns.
      await sendStream(exchange, answer as AsyncIterable<Buffer>, host);
    } else {
      const body = await (answer as Promise<Buffer | undefined>);
      if (body === undefined) exchange.sendEmpty(202);
      else exchange.send(200, "application/json", body);
    }
  } finally {
    host.meter.bytes -= metered;
    upstream.leave();
  }
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

/** The input, and how many of its bytes are on the meter. */
async function readInput(
  exchange: Exchange,
  { endpoint: { method, binding }, captures }: Match,
  query: string | undefined,
  host: ServeHost,
): Promise<{ readonly bytes: Buffer; readonly metered: number }> {
  const { request } = exchange;
  if (binding?.rest === "query") {
    if (hasBody(request)) {
      throw refusal("bad_request", `Cannot take a body with ${request.method}: use the query`);
    }
    return { bytes: inputFromQuery(method.input, captures, query), metered: 0 };
  }
  if (query !== undefined) {
    throw refusal(
      "bad_request",
      `Cannot use the query "${query}": the body carries the input here`,
    );
  }
  checkBodyHeaders(request);
  const { limits, meter } = host;
  const { bodyBytesMax, bodiesBytesMax } = limits;
  const body = await exchange.body({ bodyBytesMax, bodiesBytesMax, meter });
  try {
    const input = body.length === 0 ? emptyObject : body;
    const bytes = binding ? inputFromBody(method.input, captures, input) : input;
    return { bytes, metered: body.length };
  } catch (thrown) {
    meter.bytes -= body.length;
    throw thrown;
  }
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
