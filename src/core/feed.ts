/**
 * One writer, many readers that come and go: each gets what is there when it comes, then everything
 * that is told from then on, once and in order. A reader that falls behind is cut off alone.
 */
import { BoundedQueue } from "./bounded-queue.ts";
import { ReefError } from "./errors.ts";

export interface ReadOptions<E> {
  /** What the reader gets first; however much it is, it does not count as a backlog. */
  readonly present: readonly E[];
  /** Of what is told, only this. @default everything */
  readonly wants?: (event: E) => boolean;
  /** Ends the reading without an error. */
  readonly signal?: AbortSignal | undefined;
}

export class Feed<E> {
  readonly #backlogMax: number;
  readonly #readers = new Set<Reader<E>>();

  constructor({ backlogMax }: { readonly backlogMax: number }) {
    this.#backlogMax = backlogMax;
  }

  tell(event: E): void {
    for (const reader of this.#readers) reader.hear(event);
  }

  /**
   * Reads from this moment on, until the iterator is left or `signal` fires.
   * The iterator throws a ReefError `resource_exhausted` when `backlogMax` events wait for it, after those.
   */
  read(options: ReadOptions<E>): AsyncIterator<E, undefined> {
    const reader = new Reader(options, this.#backlogMax, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    options.signal?.addEventListener("abort", reader.stop, { once: true });
    if (options.signal?.aborted) reader.stop();
    return reader;
  }
}

/**
 * By hand and not an `async function*`: a generator answers `return()` only after the `next()` that waits, so a reader
 * could not leave, nor a signal end it, before something is told.
 */
class Reader<E> implements AsyncIterator<E, undefined> {
  readonly #options: ReadOptions<E>;
  readonly #told: BoundedQueue<E>;
  readonly #forget: () => void;
  /** How many of the present have been read. */
  #read = 0;

  constructor(options: ReadOptions<E>, backlogMax: number, forget: () => void) {
    this.#options = options;
    this.#told = new BoundedQueue({ limit: backlogMax, overflow: "fail" });
    this.#forget = forget;
  }

  hear(event: E): void {
    if (this.#options.wants?.(event) === false) return;
    try {
      // With "fail" it never waits: it throws.
      void this.#told.push(event);
    } catch (cause) {
      this.#leave();
      const text = `Cannot read on: ${this.#told.size} events wait for this reader; start again`;
      this.#told.end({ error: new ReefError("resource_exhausted", text, { cause }) });
    }
  }

  next(): Promise<IteratorResult<E, undefined>> {
    const { present } = this.#options;
    if (this.#read >= present.length) return this.#told.next();
    // The length was checked, and E itself may include undefined.
    const value = present[this.#read++] as E;
    return Promise.resolve({ value, done: false });
  }

  return(): Promise<IteratorResult<E, undefined>> {
    this.#leave();
    this.#read = this.#options.present.length;
    return this.#told.return();
  }

  readonly stop = (): void => void this.return();

  #leave(): void {
    this.#forget();
    this.#options.signal?.removeEventListener("abort", this.stop);
  }
}
