/** The writing end of a stream: pulls an iterable as fast as the reader's credit allows, and no faster. */
import type { StreamCredit } from "./stream-inbound.ts";

/** What the transport does for the writing end. */
export interface OutboundCarrier {
  /** Sends one message. Returns its size, or waits until the connection takes more. */
  item(value: unknown): number | Promise<number>;
}

export class OutboundStream {
  readonly #carrier: OutboundCarrier;
  #messages: number;
  #bytes: number;
  #waiting: (() => void) | undefined;
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  #stopped = false;

  constructor(credit: StreamCredit, carrier: OutboundCarrier) {
    this.#messages = credit.messages;
    this.#bytes = credit.bytes;
    this.#carrier = carrier;
  }

  /** The reader takes more. */
  grant(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
    if (this.#messages > 0 && this.#bytes > 0) this.#wake();
  }

  /**
   * Sends everything that the iterable yields. Runs in the async context in which it is called, and so does the
   * iterable: `next()` is only ever called from here.
   * @returns whether it was sent to the end; false after `stop`
   */
  async pump(source: AsyncIterable<unknown> | Iterable<unknown>): Promise<boolean> {
    const iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#iterator = iterator;
    if (this.#stopped) await iterator.return?.();
    while (!this.#stopped) {
      // Credit first: a message is not asked for before there is somewhere to put it.
      if (this.#messages <= 0 || this.#bytes <= 0) {
        await new Promise<void>((resolve) => (this.#waiting = resolve));
        continue;
      }
      const result = await iterator.next();
      if (result.done) {
        this.#iterator = undefined;
        return !this.#stopped;
      }
      if (this.#stopped) break;
      await this.#send(result.value);
    }
    return false;
  }

  async #send(value: unknown): Promise<void> {
    this.#messages -= 1;
    try {
      const sent = this.#carrier.item(value);
      // Not in one expression with the wait: that would read the credit before it, and forget what was granted since.
      const bytes = typeof sent === "number" ? sent : await sent;
      this.#bytes -= bytes;
    } catch (error) {
      // It cannot be sent, so whoever makes these messages is told to stop. That may take its time, and may fail, but
      // what went wrong first is what the other side hears, and now.
      this.abandon();
      throw error;
    }
  }

  /**
   * As `stop`, for a call that has its outcome: how the clean-up ends, or whether it does, changes nothing any more.
   */
  abandon(): void {
    this.stop().catch(ignoreLate);
  }

  /**
   * Nobody reads any more: the iterable is told to clean up, in the caller's async context. Rejects with what its
   * clean-up throws.
   */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#wake();
    const iterator = this.#iterator;
    this.#iterator = undefined;
    await iterator?.return?.();
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

/** Whoever wrote the iterable has been told that it is over; a failure after that has nobody to go to. */
function ignoreLate(): void {}
