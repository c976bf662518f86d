/** The writes that a watch is told of, out of the rows of a history: whole ones, as many as one answer has room for. */
import { batchOperationsMax, type Change, messageBytesMax } from "../../index.ts";
import type { KeptWrite } from "./watch.ts";

/** A row of a history. */
export interface SizedChange {
  readonly revision: number;
  /** Of key and value. */
  readonly bytes: number;
}

/** Takes rows in the order of their writes. One write is never larger than an answer: the first always has room. */
export class WholeWrites {
  readonly writes: KeptWrite[] = [];
  #changes: Change[] = [];
  #bytes = 0;
  #count = 0;
  /** The last write that is in it; 0 when none is. */
  through = 0;

  /**
   * False: there is no room for the write that this row belongs to, of which nothing is left in the answer.
   *
   * @param change makes the change that is told, once there is room for it
   */
  add({ revision, bytes }: SizedChange, change: () => Change): boolean {
    this.#bytes += bytes;
    this.#count += 1;
    const isFull = this.#bytes > messageBytesMax || this.#count > batchOperationsMax;
    if (revision !== this.through) {
      if (isFull && this.writes.length > 0) return false;
      this.#changes = [];
      this.writes.push({ revision, changes: this.#changes });
    } else if (isFull && this.writes.length > 1) {
      // A write that was begun and has no room as a whole.
      this.writes.pop();
      this.through = this.writes.at(-1)!.revision;
      return false;
    }
    this.through = revision;
    this.#changes.push(change());
    return true;
  }
}
