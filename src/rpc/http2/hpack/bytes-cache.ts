/** What was read from bytes that came before, for when they come again: the headers of a connection's calls repeat. */

export interface BytesCacheOptions {
  /** How many results are kept: a power of two. */
  readonly slots: number;
  /** Longer ones are always read. */
  readonly bytesMax: number;
}

/**
 * A slot for each hash, and the newest in it: many that differ cost their hash and nothing more. What was read is kept
 * the second time that it comes, because what is different every time would only be in the way.
 */
export class BytesCache<Value> {
  readonly #bytesMax: number;
  readonly #entries: (Entry<Value> | undefined)[];
  /** The hash of the last bytes of each slot that were not found. */
  readonly #missed: Int32Array;
  #hash = 0;

  constructor({ slots, bytesMax }: BytesCacheOptions) {
    this.#bytesMax = bytesMax;
    this.#entries = Array.from({ length: slots }, () => undefined);
    this.#missed = new Int32Array(slots);
  }

  find(bytes: Uint8Array, start: number, end: number): Value | undefined {
    if (end - start > this.#bytesMax) return undefined;
    const hash = hashOf(bytes, start, end);
    this.#hash = hash;
    const entry = this.#entries[hash & (this.#entries.length - 1)];
    if (entry === undefined || entry.hash !== hash) return undefined;
    return isSame(entry.bytes, bytes, start, end) ? entry.value : undefined;
  }

  /** Of the bytes that were looked for last and not found. */
  add(bytes: Uint8Array, start: number, end: number, value: Value): void {
    if (end - start > this.#bytesMax) return;
    const hash = this.#hash;
    const slot = hash & (this.#entries.length - 1);
    if (this.#missed[slot] === hash) {
      this.#entries[slot] = { hash, bytes: Buffer.from(bytes.subarray(start, end)), value };
    }
    this.#missed[slot] = hash;
  }
}

interface Entry<Value> {
  readonly hash: number;
  readonly bytes: Buffer;
  readonly value: Value;
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

/** Up to here a loop is over before a call of Node's has begun. */
const loopedMax = 32;

/** A hash is no proof: whoever sends on behalf of several could be made to mix them up. */
function isSame(known: Buffer, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  if (known.length > loopedMax) return known.compare(bytes, start, end) === 0;
  for (let index = 0; index < known.length; index += 1) {
    if (known[index] !== bytes[start + index]) return false;
  }
  return true;
}
