/**
 * Services that promise no methods: `/<service>/anything` is passed on as it comes. Only the name in front is read
 * here; what is behind it is the program's own, so nothing may be in it that leads out again.
 */
import { refusal } from "../../rpc/http/problem.ts";
import type { Forwarder, Forwarding } from "../../rpc/http/forward/forwarder.ts";
import { programResource } from "../../rpc/doorkeeper.ts";
import { admitCaller, type Asked, holdOpen } from "./admit.ts";
import type { Exchange } from "./exchange.ts";
import type { ServeHost } from "./serve.ts";

/** What a request is passed on to. */
export interface Forwarded {
  readonly service: string;
  readonly forwarder: Forwarder;
}

/** Undefined for the path of everything else. */
export function forwardedTo(
  { request }: Exchange,
  { catalog, forwarder }: ServeHost,
): Forwarded | undefined {
  if (!forwarder || !catalog.forwardsAny) return undefined;
  const service = /^\/([a-z0-9-]+)(?=[/?]|$)/.exec(request.url ?? "")?.[1];
  return service !== undefined && catalog.forwards(service) ? { service, forwarder } : undefined;
}

/** Answers with what the program answers. It never throws. */
export async function forward(
  exchange: Exchange,
  { service, forwarder }: Forwarded,
  host: ServeHost,
): Promise<void> {
  try {
    const one = forwardingOf(exchange, service, host);
    admitCaller(exchange, host, askedOf(service, host));
    await forwarder.forward({ ...one, caller: exchange.known?.account }, exchange.response);
  } catch (thrown) {
    exchange.fail(thrown);
  }
}

/** Connects a WebSocket with the program. It never throws. */
export async function forwardSocket(
  exchange: Exchange,
  { service, forwarder }: Forwarded,
  { head, host }: { readonly head: Buffer; readonly host: ServeHost },
): Promise<void> {
  const { request, response } = exchange;
  try {
    const one = forwardingOf(exchange, service, host);
    const asked = askedOf(service, host);
    admitCaller(exchange, host, asked);
    using held = new DisposableStack();
    held.use(holdOpen(exchange, host, asked));
    function taken(): void {
      response.detachSocket(request.socket);
      exchange.upgraded = true;
    }
    const caller = exchange.known?.account;
    await forwarder.upgrade({ ...one, caller, taken }, request.socket, head);
  } catch (thrown) {
    exchange.fail(thrown);
  }
}

function askedOf(service: string, { catalog }: ServeHost): Asked {
  return { namespace: catalog.namespaceOf(service), resource: programResource(service) };
}

/** @throws {ReefError} a refusal */
function forwardingOf(exchange: Exchange, service: string, host: ServeHost): Forwarding {
  const { request, signal, requestId } = exchange;
  const { targetBytesMax } = host.limits;
  const { url = "" } = request;
  if (url.length > targetBytesMax) {
    const rule = `the limit is ${targetBytesMax} bytes, these are ${url.length}`;
    throw refusal("target_too_long", `Cannot read the path: ${rule}`);
  }
  const prefix = `/${service}`;
  const rest = url.slice(prefix.length);
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  if (!plain.test(path)) throw refusal("bad_path", "Cannot read the path: it is not ASCII");
  if (dots.test(path)) throw refusal("bad_path", "Cannot read the path: a segment is a dot or two");
  return {
    target: { namespace: host.catalog.namespaceOf(service), service },
    request,
    path,
    prefix,
    signal,
    headers: ["x-request-id", requestId],
  };
}

const plain = /^[\x21-\x7e]*$/;

/** As they are and encoded; whatever resolves them would find itself outside of the service. */
const dots = /^[^?]*\/(?:\.|%2e){1,2}(?:[/?\\]|%2f|%5c|$)/i;
