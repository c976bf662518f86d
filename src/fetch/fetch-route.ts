/** The way of calls to one base URL. */
import { ReefError } from "../core/errors.ts";
import type { ClientCall, Retrier } from "../rpc/client-call.ts";
import type { Route } from "../rpc/client.ts";
import { createRetryPolicy } from "../rpc/policies/retry.ts";
import { never, neverSent, unsent } from "../rpc/wire/client-failures.ts";
import { FetchExchange, type FetchHost } from "./fetch-exchange.ts";

/** Calls under way; the gateway takes no more of all its callers, and a browser has six connections for them. */
const callsMax = 1_024;

export class FetchRoute implements Route, AsyncDisposable {
  readonly #host: FetchHost;
  readonly #exchanges = new Set<FetchExchange>();
  readonly #retry = createRetryPolicy();
  readonly #retrier: Retrier;
  #closed: ReefError | undefined;

  constructor(host: Omit<FetchHost, "onEnd">) {
    this.#host = { ...host, onEnd: (exchange) => void this.#exchanges.delete(exchange) };
    this.#retrier = {
      again: (call, error) => {
        // Nobody is behind this one URL to be tried instead: what was refused once is refused.
        if (!error.maybeExecuted || !this.#retry.allows(call, error)) return false;
        queueMicrotask(() => this.#start(call));
        return true;
      },
    };
  }

  send(call: ClientCall): void {
    call.retrier = this.#retrier;
    this.#retry.earn();
    this.#start(call);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = new ReefError("cancelled", "The client was closed");
    for (const exchange of this.#exchanges) exchange.fail(this.#closed);
  }

  #start(call: ClientCall): void {
    if (call.over) return;
    if (this.#closed) return call.fail(never(this.#closed));
    if (this.#exchanges.size >= callsMax) {
      const rule = `${callsMax} calls are under way, the limit of one client over fetch`;
      return call.fail(neverSent("resource_exhausted", rule));
    }
    // What may be tried again must not have been changed by its caller until then.
    if (call.method.idempotent && !call.take()) return;
    try {
      const exchange = new FetchExchange(call, this.#host);
      call.carrier = exchange;
      this.#exchanges.add(exchange);
      void exchange.run();
    } catch (error) {
      call.fail(unsent(error));
    }
  }
}
