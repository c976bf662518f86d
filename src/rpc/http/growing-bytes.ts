/** One piece of memory however small the pieces that come: a million chunks of a byte must not cost a hundred each. */

const nothing = Buffer.alloc(0);

/** Bytes that come in pieces and are wanted whole. */
export class GrowingBytes {
  size = 0;
  #bytes: Buffer = nothing;

  add(chunk: Buffer): void {
    if (this.size === 0) this.#bytes = chunk;
    else {
      const needed = this.size + chunk.length;
      if (needed > this.#bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length, growthBytesMin));
        this.#bytes.copy(larger, 0, 0, this.size);
        this.#bytes = larger;
      }
      chunk.copy(this.#bytes, this.size);
    }
    this.size += chunk.length;
  }

  /** What has come so far; it is this object's own until `drop`. */
  bytes(): Buffer {
    return this.#bytes.length === this.size ? this.#bytes : this.#bytes.subarray(0, this.size);
  }

  /** Forgets it; whoever has `bytes` keeps them. */
  drop(): void {
    this.#bytes = nothing;
    this.size = 0;
  }
}

/** What one read of a socket brings at most. */
const growthBytesMin = 65_536;
