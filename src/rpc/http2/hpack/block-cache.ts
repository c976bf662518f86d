/** Blocks that came before and mean the same again: a caller's next call often has the very same headers. */

/** What a caller has in use at once: a few methods, each with and without metadata. */
const slots = 32;
/** 32 KiB in all for one connection; longer ones are read again. */
const blockBytesMax = 1_024;

interface Entry<Value> {
  readonly bytes: Uint8Array;
  readonly value: Value;
}

/**
 * A slot for each hash, and the newest in it: many different blocks cost their hash and nothing more. A block is kept
 * when it comes the second time, because one that is different every time would only be in the way.
 */
export class BlockCache<Value> {
  readonly #entries: (Entry<Value> | undefined)[] = Array.from({ length: slots }, () => undefined);
  /** The hash of the last block of each slot that was not found. */
  readonly #missed = new Int32Array(slots);
  #hash = 0;

  find(bytes: Uint8Array, start: number, end: number): Value | undefined {
    if (end - start > blockBytesMax) return undefined;
    this.#hash = hashOf(bytes, start, end);
    const entry = this.#entries[this.#hash & (slots - 1)];
    return entry && isSame(entry.bytes, bytes, start, end) ? entry.value : undefined;
  }

  /** Of the block that was just not found. */
  add(bytes: Uint8Array, start: number, end: number, value: Value): void {
    if (end - start > blockBytesMax) return;
    const slot = this.#hash & (slots - 1);
    if (this.#missed[slot] === this.#hash) {
      this.#entries[slot] = { bytes: bytes.slice(start, end), value };
    }
    this.#missed[slot] = this.#hash;
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x9e3779b1);
  return hash ^ (hash >>> 15);
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index += 1) {
    if (known[index] !== bytes[start + index]) return false;
  }
  return true;
}
