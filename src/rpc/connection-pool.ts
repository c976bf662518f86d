/** One connection for each address, opened when it is first needed and again after it was lost. */
import { ReefError } from "../core/errors.ts";
import { callContext } from "./context.ts";
import type { Transport } from "./transport.ts";

/** Opens a connection; `signal` fires when nobody wants it any more. */
export type Connect = (address: string, signal: AbortSignal) => Promise<Transport>;

/** Disposing it ends its connections, those that finish their last calls and those that are being opened included. */
export class ConnectionPool implements AsyncDisposable {
  readonly #connect: Connect;
  readonly #open = new Map<string, Transport>();
  readonly #opening = new Map<string, Promise<Transport>>();
  /** Those that take no more calls and are not closed yet: they finish what they have. */
  readonly #leaving = new Set<Transport>();
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
   * @throws {ReefError} `unavailable` when nobody answers there, `cancelled` when the pool is disposed; never executed
   */
  async open(address: string): Promise<Transport> {
    this.#closed.signal.throwIfAborted();
    const usable = this.usable(address);
    if (usable) return usable;
    let opening = this.#opening.get(address);
    if (!opening) {
      // Outside of the call that is first: others use the connection, too, when that is long forgotten.
      opening = callContext.exit(() => this.#attempt(address));
      this.#opening.set(address, opening);
    }
    return opening;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(
      new ReefError("cancelled", "The client was closed", { maybeExecuted: false }),
    );
    await Promise.allSettled(this.#opening.values());
    const transports = [...this.#open.values(), ...this.#leaving];
    await Promise.all(transports.map((transport) => transport[Symbol.asyncDispose]()));
  }

  async #attempt(address: string): Promise<Transport> {
    try {
      const transport = await this.#connect(address, this.#closed.signal);
      this.#open.set(address, transport);
      void this.#replaceAfter(address, transport);
      return transport;
    } finally {
      this.#opening.delete(address);
    }
  }

  /** The next call gets another connection, and this one is kept in sight until it is gone. */
  async #replaceAfter(address: string, transport: Transport): Promise<void> {
    await transport.ended;
    if (this.#open.get(address) === transport) this.#open.delete(address);
    this.#leaving.add(transport);
    await transport.closed;
    this.#leaving.delete(transport);
  }
}
