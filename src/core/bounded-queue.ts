/**
 * A queue with a limit between a producer and one consumer that iterates.
 * The policy says what happens when it is full: `block` makes `push` wait, `drop-oldest` forgets, `fail` throws.
 */
import { ReefError } from "./errors.ts";

export type OverflowPolicy = "block" | "drop-oldest" | "fail";

export interface BoundedQueueOptions {
  /** Most items held at once; at least 1. */
  readonly limit: number;
  readonly overflow: OverflowPolicy;
}

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (reason: unknown) => void;
}

export class BoundedQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #limit: number;
  readonly #overflow: OverflowPolicy;
  readonly #items: T[] = [];
  readonly #takers: Waiter<T>[] = [];
  readonly #pushers: (() => void)[] = [];
  #end: { readonly error?: unknown } | undefined;

  constructor({ limit, overflow }: BoundedQueueOptions) {
    this.#limit = limit;
    this.#overflow = overflow;
  }

  get size(): number {
    return this.#items.length;
  }

  /**
   * Adds an item. With `block` the promise settles when there is room for the next one.
   * @throws {ReefError} `resource_exhausted` with the policy `fail`, when the queue is full
   */
  push(item: T): Promise<void> | undefined {
    if (this.#end) return undefined;
    const taker = this.#takers.shift();
    if (taker) {
      taker.resolve({ value: item, done: false });
      return undefined;
    }
    if (this.#items.length >= this.#limit && this.#overflow !== "block") {
      if (this.#overflow === "fail") {
        throw new ReefError(
          "resource_exhausted",
          `Cannot queue another item: the limit is ${this.#limit}`,
          { maybeExecuted: false },
        );
      }
      this.#items.shift();
    }
    this.#items.push(item);
    if (this.#items.length < this.#limit) return undefined;
    if (this.#overflow !== "block") return undefined;
    return new Promise((resolve) => this.#pushers.push(resolve));
  }

  /** No more items; those that are queued are still delivered, then the iteration ends or throws `error`. */
  end(options: { error?: unknown } = {}): void {
    if (this.#end) return;
    this.#end = options;
    for (const taker of this.#takers.splice(0)) this.#finish(taker);
    this.#releasePushers();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.length > 0) {
      // The length was checked, and T itself may include undefined.
      const value = this.#items.shift() as T;
      if (this.#items.length < this.#limit) this.#pushers.shift()?.();
      return Promise.resolve({ value, done: false });
    }
    return new Promise((resolve, reject) => {
      const taker = { resolve, reject };
      if (this.#end) this.#finish(taker);
      else this.#takers.push(taker);
    });
  }

  /** The consumer leaves: what is queued is dropped and waiting producers go on. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#items.length = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(taker: Waiter<T>): void {
    if (this.#end && "error" in this.#end) {
      taker.reject(this.#end.error);
      this.#end = {};
    } else {
      taker.resolve({ value: undefined, done: true });
    }
  }

  #releasePushers(): void {
    for (const release of this.#pushers.splice(0)) release();
  }
}
