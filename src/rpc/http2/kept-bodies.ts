/**
 * What calls keep of requests that are not whole: a message is read when all of it is there, and each of a thousand
 * calls may wait for the last byte of four megabytes. Beyond a bound for the whole connection only one of them at a
 * time is sent more, so that it, and after it the next, can still become whole.
 */

export interface Keeper {
  /** Bytes that it keeps. */
  readonly keptBytes: number;
  /** It may be sent more now. */
  goOn(): void;
}

export class KeptBodies {
  readonly #bytesMax: number;
  /** Goes on although there is too much. */
  #first: Keeper | undefined;
  readonly #waiting = new Set<Keeper>();
  /** What all keep together. */
  bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** A keeper, which says the new sum by itself, keeps so much more; less, when negative. */
  change(keeper: Keeper, bytes: number): void {
    this.bytes += bytes;
    if (keeper.keptBytes > 0) return;
    this.#waiting.delete(keeper);
    if (this.#first === keeper) this.#first = undefined;
    this.#wake();
  }

  /** Whether it may be sent more; if not, `goOn` says when. */
  mayGoOn(keeper: Keeper): boolean {
    if (keeper.keptBytes === 0 || this.bytes <= this.#bytesMax) return true;
    this.#first ??= keeper;
    if (this.#first === keeper) return true;
    this.#waiting.add(keeper);
    return false;
  }

  /** Those that have waited longest. */
  #wake(): void {
    for (const keeper of this.#waiting) {
      if (this.bytes > this.#bytesMax) {
        if (this.#first) return;
        this.#first = keeper;
      }
      this.#waiting.delete(keeper);
      keeper.goOn();
    }
  }
}
