/**
 * The reading end of a stream: what has arrived and was not yet taken. The sender may be ahead of the reader by its
 * credit and no further, so a slow reader slows its writer, costs a bounded amount of memory, and hinders nobody else.
 */
import { ReefError } from "../core/errors.ts";

export interface StreamCredit {
  readonly messages: number;
  readonly bytes: number;
}

/** What the transport does for the reading end. */
export interface InboundCarrier {
  /** The reader has taken this much: the sender may send as much again. */
  grant(messages: number, bytes: number): void;
  /** The reader left before the end. */
  leave(): void;
}

/** Taken items at the front of the list before it is made anew; rare enough to cost nothing for each. */
const headMax = 1_024;

interface Taker {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (reason: unknown) => void;
}

export class InboundStream implements AsyncIterableIterator<unknown, undefined> {
  readonly #credit: StreamCredit;
  readonly #carrier: InboundCarrier;
  #items: unknown[] = [];
  #sizes: number[] = [];
  /** First item not yet taken: shifting an array for each message costs more than the message. */
  #head = 0;
  #heldBytes = 0;
  #takers: Taker[] = [];
  #takenMessages = 0;
  #takenBytes = 0;
  #over = false;
  #error: ReefError | undefined;

  constructor(credit: StreamCredit, carrier: InboundCarrier) {
    this.#credit = credit;
    this.#carrier = carrier;
  }

  /**
   * A message has arrived; `bytes` is its size on the wire.
   * @throws {ReefError} `invalid_argument` when the sender had no credit for it: it does not keep the protocol
   */
  push(item: unknown, bytes: number): void {
    if (this.#over) return;
    const taker = this.#takers.shift();
    if (taker) {
      taker.resolve({ value: item, done: false });
      this.#taken(bytes);
      return;
    }
    if (
      this.#items.length - this.#head >= this.#credit.messages ||
      this.#heldBytes >= this.#credit.bytes
    ) {
      throw new ReefError(
        "invalid_argument",
        "Cannot take a stream message: its sender had no credit left",
      );
    }
    this.#items.push(item);
    this.#sizes.push(bytes);
    this.#heldBytes += bytes;
  }

  /** No more will arrive; what has arrived is still delivered. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#settleTakers();
  }

  /** The stream broke: the reader gets what has arrived, then the error. */
  fail(error: ReefError): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    this.#settleTakers();
  }

  /** The stream broke and what has arrived is worthless: the call was cancelled. */
  discard(error: ReefError): void {
    if (this.#over && this.#items.length === this.#head) return;
    this.#clear();
    this.#over = true;
    this.#error = error;
    this.#settleTakers();
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#head < this.#items.length) {
      const value = this.#items[this.#head];
      const bytes = this.#sizes[this.#head] ?? 0;
      this.#items[this.#head] = undefined;
      this.#head += 1;
      this.#heldBytes -= bytes;
      if (this.#head === this.#items.length) this.#clear();
      else if (this.#head === headMax) this.#compact();
      this.#taken(bytes);
      return Promise.resolve({ value, done: false });
    }
    return new Promise((resolve, reject) => {
      this.#takers.push({ resolve, reject });
      if (this.#over) this.#settleTakers();
    });
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    const left = !this.#over;
    this.#clear();
    this.#over = true;
    this.#error = undefined;
    this.#settleTakers();
    if (left) this.#carrier.leave();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Credit goes back when half of it is used: one frame for many messages, and the sender never runs dry. */
  #taken(bytes: number): void {
    this.#takenMessages += 1;
    this.#takenBytes += bytes;
    if (this.#over) return;
    const half =
      this.#takenMessages * 2 >= this.#credit.messages ||
      this.#takenBytes * 2 >= this.#credit.bytes;
    if (!half) return;
    this.#carrier.grant(this.#takenMessages, this.#takenBytes);
    this.#takenMessages = 0;
    this.#takenBytes = 0;
  }

  #clear(): void {
    this.#items = [];
    this.#sizes = [];
    this.#head = 0;
    this.#heldBytes = 0;
  }

  /** A reader that never quite catches up must not make the list of what it took grow for ever. */
  #compact(): void {
    this.#items = this.#items.slice(this.#head);
    this.#sizes = this.#sizes.slice(this.#head);
    this.#head = 0;
  }

  #settleTakers(): void {
    for (const taker of this.#takers.splice(0)) {
      if (this.#error) {
        taker.reject(this.#error);
        this.#error = undefined;
      } else {
        taker.resolve({ value: undefined, done: true });
      }
    }
  }
}
