/** What a stream has received while nobody reads it: copied, so that it keeps nothing of what came beside it. */

const nothing = Buffer.alloc(0);

/** Most messages are shorter. */
const roomBytesMin = 512;

export class UnreadBytes {
  size = 0;
  #bytes = nothing;

  add(bytes: Buffer, start: number, end: number): void {
    const needed = this.size + end - start;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length, roomBytesMin));
      this.#bytes.copy(larger, 0, 0, this.size);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.size, start, end);
    this.size = needed;
  }

  /** All of it, which is forgotten here. */
  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.size);
    this.#bytes = nothing;
    this.size = 0;
    return bytes;
  }
}
