/**
 * From a request that asks for a WebSocket to a call over one. Everything that is refused is refused as HTTP, by the
 * same rules as any request, before the connection changes its protocol.
 */
import type { IncomingMessage } from "node:http";
import { refusal } from "../../rpc/http/problem.ts";
import { admitAny, admitCaller, askedOf, beginStream, holdOpen, lookFor, pathOf } from "./admit.ts";
import { inputFromQuery } from "./bound-input.ts";
import { callOptions, termNames } from "./call-terms.ts";
import { enter } from "./enter.ts";
import type { Exchange } from "./exchange.ts";
import { forwardedTo, forwardSocket } from "./forward.ts";
import { unusedQuery } from "./read-input.ts";
import type { ServeHost } from "./serve.ts";
import { runSocketCall } from "./socket-call.ts";

/** A page cannot set headers of a WebSocket, so the terms of its call may come in the query, by the same names. */
export function takeTermsFromQuery(request: IncomingMessage): void {
  const [path = "", query] = (request.url ?? "").split("?", 2);
  if (query === undefined) return;
  const others = query.split("&").filter((pair) => {
    const [name = "", value = ""] = pair.split("=", 2);
    if (!termNames.includes(name) || request.headers[name] !== undefined) return true;
    // None of them has a value that would have to be encoded.
    request.headers[name] = value;
    return false;
  });
  request.url = others.length === 0 ? path : `${path}?${others.join("&")}`;
}

/** Answers one request for a WebSocket. It never throws, and is over when the call and its connection are. */
export async function upgrade(exchange: Exchange, head: Buffer, home: ServeHost): Promise<void> {
  const { request } = exchange;
  try {
    admitAny(exchange, home);
    const host = await enter(exchange, home);
    const forwarded = forwardedTo(exchange, host);
    if (forwarded) return await forwardSocket(exchange, forwarded, { head, host });
    const { path, query } = pathOf(exchange, host);
    checkHandshake(request, host);
    const { endpoint, captures } = lookFor(exchange, host, () =>
      host.catalog.routes.findSocket(path),
    );
    const { method, binding } = endpoint;
    admitCaller(exchange, host, askedOf(endpoint));
    if (query !== undefined && !binding) throw unusedQuery(query);
    const input = binding && inputFromQuery(method.input, captures, query);
    const options = callOptions(exchange, host.limits);
    const end = beginStream(host, endpoint.upstream);
    const held = holdOpen(exchange, host, askedOf(endpoint));
    try {
      const webSocket = await host.acceptor.accept(exchange, head);
      const headBytes = head.length;
      await runSocketCall({ exchange, webSocket, endpoint, input, options, headBytes }, host);
    } finally {
      held?.[Symbol.dispose]();
      end();
    }
  } catch (thrown) {
    exchange.fail(thrown);
  }
}

/** @throws {ReefError} a refusal */
function checkHandshake({ headers }: IncomingMessage, { draining }: ServeHost): void {
  if (draining) throw refusal("going_away", "The gateway stops; connect again");
  if (headers["sec-websocket-version"] !== "13") {
    throw refusal("upgrade_required", "Cannot open a WebSocket: its version must be 13, RFC 6455");
  }
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")) {
    throw refusal(
      "bad_request",
      "Cannot open a WebSocket: Sec-WebSocket-Key must be 16 bytes in base64",
    );
  }
}
