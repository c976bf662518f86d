/** One connection for each address, opened when it is first needed and again after it was lost. */
import { ReefError } from "../core/errors.ts";
import type { Transport } from "./transport.ts";

export type Connect = (address: string, signal: AbortSignal) => Promise<Transport>;

export class ConnectionPool implements AsyncDisposable {
  readonly #connect: Connect;
  readonly #open = new Map<string, Transport>();
  readonly #opening = new Map<string, Promise<Transport>>();
  readonly #closed = new AbortController();

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /** A connection that takes calls now. */
  usable(address: string): Transport | undefined {
    const transport = this.#open.get(address);
    return transport?.usable ? transport : undefined;
  }

  /**
   * A connection that takes calls; many who ask at once share one attempt.
   * @throws {ReefError} `unavailable`, never executed
   */
  async open(address: string): Promise<Transport> {
    const usable = this.usable(address);
    if (usable) return usable;
    let opening = this.#opening.get(address);
    if (!opening) {
      opening = this.#attempt(address);
      this.#opening.set(address, opening);
    }
    return opening;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(
      new ReefError("cancelled", "The client was closed", { maybeExecuted: false }),
    );
    await Promise.allSettled(this.#opening.values());
    await Promise.all(
      [...this.#open.values()].map((transport) => transport[Symbol.asyncDispose]()),
    );
  }

  async #attempt(address: string): Promise<Transport> {
    try {
      const transport = await this.#connect(address, this.#closed.signal);
      this.#open.set(address, transport);
      void transport.ended.then(() => {
        if (this.#open.get(address) === transport) this.#open.delete(address);
      });
      return transport;
    } finally {
      this.#opening.delete(address);
    }
  }
}
