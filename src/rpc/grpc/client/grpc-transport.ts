/** Calls over gRPC to a server that need not be ours: one connection, each call a stream of it. */
import type { ClientHttp2Session } from "node:http2";

import { type Clock, systemClock } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import type { GrpcAddress } from "../../address.ts";
import type { ClientCall, ClientCarrier } from "../../client-call.ts";
import type { Transport } from "../../transport.ts";
import { never, neverSent, unsent } from "../../wire/client-failures.ts";
import { MessageWriter } from "../message-bytes.ts";
import { GrpcExchange, type GrpcExchangeHost } from "./grpc-exchange.ts";
import { type GrpcClientLimits, grpcClientLimits } from "./limits.ts";
import { openSession } from "./open-session.ts";

export interface GrpcTransportOptions {
  /** What messages are; JSON is spoken by reef's own servers, without numbers. @default "protobuf" */
  readonly codec?: "protobuf" | "json";
  /** Authorities that vouch for the server, in PEM. @default those that Node knows */
  readonly ca?: string | undefined;
  /** Says in which namespace each call acts, to a server of reef. @default false */
  readonly namespaces?: boolean;
  /** What differs from `grpcClientLimits`. @default {} */
  readonly limits?: Partial<GrpcClientLimits>;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws {ReefError} `unavailable` (never executed) when nobody listens there, or it does not speak HTTP/2 */
export async function openGrpcTransport(
  address: GrpcAddress,
  options: GrpcTransportOptions = {},
): Promise<Transport> {
  const { codec = "protobuf", namespaces = false, clock = systemClock, ca, signal } = options;
  const limits = { ...grpcClientLimits, ...options.limits };
  const session = await openSession(address, { clock, limits, ca, signal });
  return new GrpcTransport(session, { codec, namespaces, limits, writer: new MessageWriter() });
}

class GrpcTransport implements Transport, ClientCarrier {
  /** Of a call that waits for its turn. */
  readonly awaits = "the server took no more streams";
  readonly #session: ClientHttp2Session;
  readonly #host: GrpcExchangeHost;
  readonly #exchanges = new Set<GrpcExchange>();
  /** Calls for which the server has no stream yet, the first first. */
  readonly #waiting = new Set<ClientCall>();
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #closed = Promise.withResolvers<void>();
  #error: ReefError | undefined;

  constructor(session: ClientHttp2Session, host: Omit<GrpcExchangeHost, "onEnd" | "failure">) {
    this.#session = session;
    this.#host = {
      ...host,
      onEnd: (exchange) => this.#onEnd(exchange),
      failure: () => this.#error,
    };
    session.on("error", (cause) => this.#end(lost(cause)));
    session.on("goaway", () => {
      // It finishes what it has taken, and closes; what it has not is refused, stream by stream.
      this.#end(new ReefError("unavailable", "The far side takes no more calls"));
      if (!session.closed) session.close();
    });
    session.on("close", () => {
      this.#end(lost());
      this.#closed.resolve();
    });
    session.unref();
  }

  get usable(): boolean {
    return this.#error === undefined && !this.#session.closed && !this.#session.destroyed;
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  send(call: ClientCall): void {
    const refusal = this.#refusal();
    if (refusal) return call.fail(refusal);
    if (this.#exchanges.size < this.#streamsMax) return this.#open(call);
    if (!call.take()) return;
    call.carrier = this;
    this.#waiting.add(call);
  }

  /** One that waits is given up. */
  cancel(call: ClientCall): void {
    this.#waiting.delete(call);
  }

  #open(call: ClientCall): void {
    let exchange: GrpcExchange;
    try {
      exchange = new GrpcExchange(call, this.#session, this.#host);
    } catch (error) {
      const gone = !this.usable;
      return call.fail(
        gone ? neverSent("unavailable", "the connection is closing") : unsent(error),
      );
    }
    // An idle connection lets its process end; one with calls under way does not.
    if (this.#exchanges.size === 0) this.#session.ref();
    this.#exchanges.add(exchange);
    call.carrier = exchange;
    exchange.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const error = new ReefError("cancelled", "The client was closed");
    this.#end(error);
    for (const exchange of this.#exchanges) exchange.fail(error);
    this.#session.destroy();
    await this.closed;
  }

  #refusal(): ReefError | undefined {
    if (this.#error) return never(this.#error);
    if (!this.usable) return neverSent("unavailable", "the connection is closing");
    const { calls } = this.#host.limits;
    if (this.#exchanges.size + this.#waiting.size < calls) return undefined;
    return neverSent("resource_exhausted", `${calls} calls are under way, the limit over gRPC`);
  }

  #onEnd(exchange: GrpcExchange): void {
    if (!this.#exchanges.delete(exchange)) return;
    const [next] = this.#waiting;
    if (next && this.usable) {
      this.#waiting.delete(next);
      this.#open(next);
    }
    if (this.#exchanges.size === 0) this.#session.unref();
  }

  get #streamsMax(): number {
    return this.#session.remoteSettings.maxConcurrentStreams ?? Infinity;
  }

  /** They were never sent, and may go another way. */
  #refuseWaiting(): void {
    for (const call of this.#waiting) {
      this.#waiting.delete(call);
      call.fail(never(this.#error ?? lost()));
    }
  }

  #end(error: ReefError): void {
    this.#error ??= error;
    this.#ended.resolve(this.#error);
    this.#refuseWaiting();
  }
}

function lost(cause?: unknown): ReefError {
  return new ReefError("unavailable", "The connection was lost", { cause });
}
