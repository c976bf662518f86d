/** The streams of one connection: those that are open, and what is still known of those that are not. */
import type { Http2Stream } from "./http2-stream.ts";

/** How a frame finds a stream that is not open. */
export type Absence =
  /** Its caller has not begun it, or never can: stream 0, and those with even numbers. */
  | "idle"
  /** One of the two has ended it, and its caller may still be sending. */
  | "reset"
  | "over";

export class StreamTable {
  readonly #open = new Map<number, Http2Stream>();
  /** The newest of those that were ended before they were whole. */
  readonly #reset = new Set<number>();
  readonly #resetMax: number;
  #last = 0;
  #lastTaken: number | undefined;
  /** What the heads of open streams take. */
  headBytes = 0;

  /** `resetMax` is how many of those that were reset are remembered. */
  constructor(resetMax: number) {
    this.#resetMax = resetMax;
  }

  get size(): number {
    return this.#open.size;
  }

  get all(): Iterable<Http2Stream> {
    return this.#open.values();
  }

  /** The last that was begun. */
  get last(): number {
    return this.#last;
  }

  /** What begins from now on is not taken: its caller was told so. */
  get isClosed(): boolean {
    return this.#lastTaken !== undefined;
  }

  closeBehindLast(): void {
    this.#lastTaken ??= this.#last;
  }

  find(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  absence(id: number): Absence {
    const isOwn = (id & 1) === 0;
    if (id > this.#last || isOwn) return "idle";
    const isLate = this.#lastTaken !== undefined && id > this.#lastTaken;
    return isLate || this.#reset.has(id) ? "reset" : "over";
  }

  /** A stream has begun, whether it is taken or not. */
  begin(id: number): void {
    this.#last = id;
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
    this.headBytes += stream.headBytes;
  }

  /** False when it was not there any more. */
  remove(stream: Http2Stream): boolean {
    if (!this.#open.delete(stream.id)) return false;
    this.headBytes -= stream.headBytes;
    return true;
  }

  /** Its caller may send more of it, which is no fault. */
  rememberReset(id: number): void {
    this.#reset.add(id);
    if (this.#reset.size <= this.#resetMax) return;
    const [oldest = 0] = this.#reset;
    this.#reset.delete(oldest);
  }
}
