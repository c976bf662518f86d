/**
 * The life of a request for a method that streams: which form its inputs and answers have, and how they are carried.
 */
import { returnsStream, sendsStream } from "../../rpc/client-call.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { preferredType } from "./accept.ts";
import { askedOf, beginStream, holdOpen } from "./admit.ts";
import { callOptions } from "./call-terms.ts";
import type { CanonicalPath } from "./canonical-path.ts";
import type { Exchange } from "./exchange.ts";
import { jsonLines } from "./ndjson.ts";
import { checkCodings, emptyObject, sendsLines } from "./read-body.ts";
import { readInput, unusedQuery } from "./read-input.ts";
import { type Match, upgradeRequired } from "./routes.ts";
import type { ServeHost } from "./serve.ts";
import { eventStream } from "./sse.ts";
import { sendMessages, type StreamFormat } from "./stream-answer.ts";

/** @throws {ReefError} whatever goes wrong before the head of the answer has left */
export async function serveStream(
  exchange: Exchange,
  match: Match,
  target: CanonicalPath,
  host: ServeHost,
): Promise<void> {
  const { upstream, method, call } = match.endpoint;
  const format = returnsStream(method.kind) ? formatOf(exchange, target, match, host) : undefined;
  const options = callOptions(exchange, host.limits);
  const input = sendsStream(method.kind)
    ? readInputs(exchange, match, target, host)
    : await readInput(exchange, match, target.query, host.meter);
  const end = beginStream(host, upstream);
  const held = holdOpen(exchange, host, askedOf(match.endpoint));
  try {
    const whole = input instanceof Uint8Array && input.length === 0 ? emptyObject : input;
    const answer = call(whole, options);
    // The kind of the method says what its call returns.
    if (!format) exchange.send(200, "application/json", await (answer as Promise<Buffer>));
    else {
      const { clock, limits } = host;
      const sending = { format, clock, readStallMs: limits.readStallMs };
      await sendMessages(exchange, answer as AsyncIterable<Buffer>, sending);
    }
  } finally {
    held?.[Symbol.dispose]();
    end();
  }
}

/** What the client likes best of what a stream can be: events, unless it sends lines and so reads them too. */
function formatOf(
  exchange: Exchange,
  { path }: CanonicalPath,
  { endpoint }: Match,
  host: ServeHost,
): StreamFormat {
  const { request } = exchange;
  if (request.method === "HEAD") {
    const verbs = host.catalog.routes.verbs(path).filter((verb) => verb !== "HEAD");
    const text = `Cannot HEAD ${path}: it answers with a stream`;
    throw refusal("method_not_allowed", text, { allow: verbs.join(", ") });
  }
  const formats = sendsStream(endpoint.method.kind)
    ? [jsonLines, eventStream]
    : [eventStream, jsonLines];
  const types = formats.map(({ contentType }) => contentType);
  const preferred = preferredType(request.headers.accept, types);
  const format = formats.find(({ contentType }) => contentType === preferred);
  if (format) return format;
  throw refusal(
    "not_acceptable",
    `Cannot answer with ${JSON.stringify(request.headers.accept)}: the answer is a stream, ${types.join(" or ")}`,
  );
}

/** @throws {ReefError} `upgrade_required` for a body that is not lines */
function readInputs(
  exchange: Exchange,
  { endpoint: { method } }: Match,
  { query }: CanonicalPath,
  { meter }: ServeHost,
): AsyncIterable<Buffer> {
  const { request } = exchange;
  if (!sendsLines(request)) throw upgradeRequired(method.name);
  if (query !== undefined) throw unusedQuery(query);
  checkCodings(request);
  return exchange.lines(meter);
}
