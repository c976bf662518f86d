/** The life of one request: guarded, given its one path, matched, called, answered. */
import { isStream } from "../../rpc/client-call.ts";
import type { Forwarder } from "../../rpc/http/forward/forwarder.ts";
import type { Doorkeeper } from "../../rpc/doorkeeper.ts";
import { isProving } from "../../rpc/doorkeeper/acting-namespace.ts";
import { admitAny, admitCaller, admitReader, askedOf, lookFor, pathOf } from "./admit.ts";
import { callOptions } from "./call-terms.ts";
import type { Places } from "../../rpc/places.ts";
import type { CallQuotas } from "../../rpc/call-quotas.ts";
import type { Catalog } from "./catalog.ts";
import { enter } from "./enter.ts";
import type { Exchange, ExchangeHost } from "./exchange.ts";
import { forward, forwardedTo } from "./forward.ts";
import type { Guard } from "./guard.ts";
import type { OpenApiPages } from "./open-api-pages.ts";
import { protobufForms } from "./protobuf.ts";
import { pageAt, sendOptions, sendPage } from "./pages.ts";
import type { ServedCatalog } from "./served-catalog.ts";
import { type BodyMeter, emptyObject } from "./read-body.ts";
import { checkConditions, sendBound } from "./bound-answer.ts";
import { readInput } from "./read-input.ts";
import type { SocketAcceptor } from "./socket-acceptor.ts";
import { entryAt, serveEntry } from "./store-entries.ts";
import { serveStream } from "./serve-stream.ts";
import type { Upstream } from "./upstream.ts";

export interface ServeHost extends ExchangeHost {
  /** Of the namespace that the request is in. */
  readonly catalog: ServedCatalog;
  readonly places: Pick<Places<Catalog, ServeHost>, "at">;
  /** How often each namespace may call. @default as often as it likes */
  readonly quotas: CallQuotas | undefined;
  readonly guard: Guard;
  /** Absent: everybody may have everything. */
  readonly doorkeeper: Doorkeeper | undefined;
  readonly forwarder: Forwarder | undefined;
  readonly version: string;
  readonly openApi: OpenApiPages;
  /** All bodies that are held now. */
  readonly meter: BodyMeter;
  /** All messages of WebSockets that wait for their methods. */
  readonly messages: BodyMeter;
  readonly acceptor: SocketAcceptor;
  /** Requests under way, this one included, and the streams among them. */
  readonly load: { requests: number; streams: number };
}

/**
 * Answers one request. It never throws: what goes wrong is the answer. The steps that wait are all in here, because
 * each function that waits costs a promise for every request.
 */
export async function serve(exchange: Exchange, home: ServeHost): Promise<void> {
  let upstream: Upstream | undefined;
  try {
    admitAny(exchange, home);
    const entered = enter(exchange, home);
    const host = entered instanceof Promise ? await entered : entered;
    const forwarded = forwardedTo(exchange, host);
    if (forwarded) return await forward(exchange, forwarded, host);
    const target = pathOf(exchange, host);
    if (answerItself(exchange, target.path, host)) return;
    const entry = entryAt(target.path, host);
    if (entry) return await serveEntry(exchange, entry, target.query, host);
    const verb = exchange.request.method ?? "";
    const match = lookFor(exchange, host, () =>
      host.catalog.routes.find(verb === "HEAD" ? "GET" : verb, target.path),
    );
    const { endpoint } = match;
    const asked = askedOf(endpoint);
    admitCaller(exchange, host, asked);
    const forms = protobufForms(exchange.request, endpoint);
    if (isStream(endpoint.method.kind)) return await serveStream(exchange, match, target, host);
    if (endpoint.binding) checkConditions(exchange, endpoint.binding);
    const options = callOptions(exchange, host.limits, "with its connection");
    const input = await readInput(exchange, match, target.query, host.meter, forms?.readBody);
    upstream = endpoint.upstream;
    upstream.enter();
    // No bytes are a message of protobuf, and no JSON.
    const whole = input.length === 0 && !forms?.call ? emptyObject : input;
    const answer = (forms?.call ?? endpoint.call)(whole, options);
    // The kind of the method says what its call returns.
    const given = answer as Promise<Buffer | undefined>;
    const body = await (isProving(asked.resource)
      ? (host.doorkeeper?.proven(given, exchange) ?? given)
      : given);
    if (endpoint.binding) sendBound(exchange, endpoint.binding, body, forms?.answer);
    else if (body === undefined) exchange.sendEmpty(202);
    else if (forms?.answer) exchange.send(200, forms.answer.type, forms.answer.write(body));
    else exchange.send(200, "application/json", body);
  } catch (thrown) {
    exchange.fail(thrown);
  } finally {
    upstream?.leave();
    exchange.release();
  }
}

/** True when the path is the gateway's own business. */
function answerItself(exchange: Exchange, path: string, host: ServeHost): boolean {
  if (exchange.request.method === "OPTIONS" && exchange.origin !== undefined) {
    sendOptions(exchange, path, host);
    return true;
  }
  if (exchange.request.method === "OPTIONS") {
    admitReader(exchange, host, { page: "services" });
    sendOptions(exchange, path, host);
    return true;
  }
  const page = pageAt(path, host);
  if (page) {
    admitReader(exchange, host, page);
    sendPage(exchange, path, page);
  }
  return page !== undefined;
}
