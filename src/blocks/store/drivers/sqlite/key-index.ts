/**
 * Where the newest row of each key of a place lies in a block of packed rows: a hash table in one array of numbers. A
 * map of texts would cost a text and a place in the map for each key, all of which the collector of garbage copies and
 * looks at again and again while the keys come and go.
 */
import type { RowBlock } from "./packed-rows.ts";
import { compareKey, sortKeys } from "./sort-keys.ts";

/** Whoever has the rows; a block that is full is replaced by a larger one that begins with it. */
export interface RowOwner {
  readonly block: RowBlock;
}

/** Slots at first; there are always twice as many as keys. */
const slotsMin = 64;

export class KeyIndex {
  readonly #owner: RowOwner;
  /** Each a position plus 1, because 0 is an empty one. The number of slots is a power of two. */
  #slots = new Int32Array(slotsMin);
  #size = 0;
  /** In the order of keys, for each the position of some row of it. */
  #sorted = new Int32Array();
  /** As much for keys that are not among the sorted ones yet. */
  #unsorted: number[] = [];

  constructor(owner: RowOwner) {
    this.#owner = owner;
  }

  /** The row at this position is the newest one of its key. */
  put(position: number): void {
    const { block } = this.#owner;
    const slot = this.#slotOf(block.bytes, block.keyAt(position), block.keyEnd(position));
    const isNew = this.#slots[slot] === 0;
    this.#slots[slot] = position + 1;
    if (!isNew) return;
    this.#unsorted.push(position);
    this.#size += 1;
    if (2 * this.#size > this.#slots.length) this.#grow();
  }

  /** Of the newest row of a key; undefined when there is none. */
  find(key: Uint8Array): number | undefined {
    const found = this.#slots[this.#slotOf(key, 0, key.length)]!;
    return found === 0 ? undefined : found - 1;
  }

  /** In no order. */
  *positions(): Generator<number, undefined> {
    for (const found of this.#slots) if (found !== 0) yield found - 1;
    return undefined;
  }

  /** Of keys. */
  get size(): number {
    return this.#size;
  }

  /** How many keys are below this one. */
  rankOf(key: Uint8Array): number {
    this.#sort();
    return this.#firstFrom(key, 0);
  }

  /** Of the newest row of the key below which there are so many: fewer than there are. */
  atRank(rank: number): number {
    this.#sort();
    const { block } = this.#owner;
    const position = this.#sorted[rank]!;
    const slot = this.#slotOf(block.bytes, block.keyAt(position), block.keyEnd(position));
    return this.#slots[slot]! - 1;
  }

  /** When somebody asks for their order, because nearly all who ask have a key. */
  #sort(): void {
    if (this.#unsorted.length === 0) return;
    const { block } = this.#owner;
    const added = Int32Array.from(this.#unsorted);
    this.#unsorted = [];
    sortKeys(added, block);
    const merged = new Int32Array(this.#size);
    let [taken, at] = [0, 0];
    for (const position of added) {
      const key = block.bytes.subarray(block.keyAt(position), block.keyEnd(position));
      const before = this.#sorted.subarray(taken, (taken = this.#firstFrom(key, taken)));
      merged.set(before, at);
      at += before.length;
      merged[at++] = position;
    }
    merged.set(this.#sorted.subarray(taken), at);
    this.#sorted = merged;
  }

  /** The first of the sorted ones, from a rank on, that is not below a key. */
  #firstFrom(key: Uint8Array, from: number): number {
    const { block } = this.#owner;
    let [low, high] = [from, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      // Below the length.
      if (compareKey(block, this.#sorted[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The slot that has this key, or the empty one where it belongs. */
  #slotOf(key: Uint8Array, from: number, to: number): number {
    const mask = this.#slots.length - 1;
    // There is always an empty one.
    for (let slot = hashOf(key, from, to) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot]!;
      if (found === 0 || this.#hasKey(found - 1, key, from, to)) return slot;
    }
  }

  #hasKey(position: number, key: Uint8Array, from: number, to: number): boolean {
    const { block } = this.#owner;
    const { bytes } = block;
    const at = block.keyAt(position);
    if (block.keyEnd(position) - at !== to - from) return false;
    for (let n = 0; n < to - from; n++) if (bytes[at + n] !== key[from + n]) return false;
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    const { block } = this.#owner;
    for (const found of old) {
      if (found === 0) continue;
      const [from, to] = [block.keyAt(found - 1), block.keyEnd(found - 1)];
      this.#slots[this.#slotOf(block.bytes, from, to)] = found;
    }
  }
}

/** FNV-1a. Source: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf(key: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ key[at]!, 0x01000193);
  return hash ^ (hash >>> 15);
}
