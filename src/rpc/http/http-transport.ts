/**
 * Calls to a program that speaks plain HTTP and knows nothing of reef: `POST /<service>/<method>` with JSON. What such
 * a program has to do is in docs/foreign-programs.md.
 */
import type { Socket } from "node:net";

import { type Clock, systemClock, type Timer } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { formatHttpAddress, type TcpAddress } from "../address.ts";
import { type ClientCall, returnsStream, sendsStream } from "../client-call.ts";
import { openSocket } from "../open-socket.ts";
import type { Transport } from "../transport.ts";
import { never, neverSent, unsent } from "../wire/client-failures.ts";
import { CallAgent } from "./call-agent.ts";
import { CheckedMessages } from "./checked-messages.ts";
import { type ExchangeHost, HttpExchange } from "./http-exchange.ts";
import { type HttpLimits, httpLimits } from "./limits.ts";

export interface HttpTransportOptions {
  /** What differs from `httpLimits`. @default {} */
  readonly limits?: Partial<HttpLimits>;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to see that somebody is there; the first call uses that connection.
 * @throws {ReefError} `unavailable` (never executed) when nobody listens there
 */
export async function openHttpTransport(
  address: TcpAddress,
  options: HttpTransportOptions = {},
): Promise<Transport> {
  const { clock = systemClock, signal } = options;
  const first = await openSocket(address, { clock, signal });
  return new HttpTransport(address, { ...httpLimits, ...options.limits }, clock, first);
}

class HttpTransport implements Transport, ExchangeHost {
  readonly address: TcpAddress;
  readonly limits: HttpLimits;
  readonly messages = new CheckedMessages();
  readonly clock: Clock;
  /** For calls with one answer, and for streams: those keep their connection, and must not keep it from calls. */
  readonly #calls: CallAgent;
  readonly #streams: CallAgent;
  readonly #exchanges = new Set<HttpExchange>();
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #closed = Promise.withResolvers<void>();
  #streaming = 0;
  #rest: Timer | undefined;
  #error: ReefError | undefined;

  constructor(address: TcpAddress, limits: HttpLimits, clock: Clock, first: Socket) {
    this.address = address;
    this.limits = limits;
    this.clock = clock;
    const { connections: connectionsMax, idleMs } = limits;
    this.#calls = new CallAgent({ clock, connectionsMax, idleMs }, first);
    this.#streams = new CallAgent({ clock, connectionsMax: limits.streams, idleMs: 0 });
    this.#restLater();
  }

  get usable(): boolean {
    return this.#error === undefined;
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  send(call: ClientCall): void {
    const refusal = this.#refusal(call);
    if (refusal) return call.fail(refusal);
    const streams = returnsStream(call.method.kind);
    try {
      const exchange = new HttpExchange(call, streams ? this.#streams : this.#calls, this);
      call.carrier = exchange;
      this.#exchanges.add(exchange);
    } catch (error) {
      return call.fail(unsent(error));
    }
    if (streams) this.#streaming += 1;
    this.#rest?.cancel();
  }

  onEnd(exchange: HttpExchange): void {
    if (!this.#exchanges.delete(exchange)) return;
    if (returnsStream(exchange.call.method.kind)) this.#streaming -= 1;
    if (this.#exchanges.size > 0) return;
    if (this.#error) this.#close();
    else this.#restLater();
  }

  /** Those that have a connection may finish; nobody else comes here. */
  onUnreachable(error: ReefError): void {
    this.#end(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const error = new ReefError("cancelled", "The client was closed");
    this.#end(error);
    for (const exchange of this.#exchanges) exchange.fail(error);
    this.#close();
    await this.closed;
  }

  #refusal({ method }: ClientCall): ReefError | undefined {
    if (this.#error) return never(this.#error);
    if (sendsStream(method.kind)) return cannotStream(method, this.address);
    const { calls, streams } = this.limits;
    if (this.#exchanges.size >= calls) {
      const rule = `${calls} calls are under way, the limit for a program that is called over HTTP`;
      return neverSent("resource_exhausted", rule);
    }
    if (!returnsStream(method.kind) || this.#streaming < streams) return undefined;
    const rule = `${streams} streams are open, the limit for a program that is called over HTTP`;
    return neverSent("resource_exhausted", rule);
  }

  /** A program that nobody calls any more may be gone for good, and its address another's. */
  #restLater(): void {
    const rested = () => this.#end(new ReefError("unavailable", "Nobody called for a while"));
    this.#rest = this.clock.after(this.limits.restMs, rested, { background: true });
  }

  #end(error: ReefError): void {
    if (this.#error) return;
    this.#error = error;
    this.#rest?.cancel();
    this.#ended.resolve(error);
    if (this.#exchanges.size === 0) this.#close();
  }

  #close(): void {
    this.#calls.destroy();
    this.#streams.destroy();
    this.#closed.resolve();
  }
}

function cannotStream({ service, name }: ClientCall["method"], address: TcpAddress): ReefError {
  return new ReefError(
    "unimplemented",
    `Cannot call ${service}/${name}: its caller sends a stream, and the program at ${formatHttpAddress(address)} ` +
      "is called over HTTP, which carries one message to it; write that method as many calls",
    { maybeExecuted: false },
  );
}
