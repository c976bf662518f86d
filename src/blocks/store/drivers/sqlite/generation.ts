/**
 * A part of the overlay that goes into the tree as a whole: of some commits that follow each other the newest row of
 * each key, in one block of bytes.
 */
import { KeyIndex, type RowOwner } from "./key-index.ts";
import { type ChangedRow, RowBlock } from "./packed-rows.ts";

/** Which keys of a place, in which order; from the first up to, without, the other. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly descending: boolean;
}

/** Room at first; it doubles when that is full. */
const roomMin = 65_536;

export class Generation implements RowOwner {
  readonly #places = new Map<string, KeyIndex>();
  block: RowBlock;
  /** Those that expire; some may have been replaced since. */
  #expiring: { readonly place: string; readonly position: number }[] = [];
  /** Rows that were added, and what they take: those that were replaced are still there. */
  added = 0;
  bytes = 0;
  /** Of the last row. */
  revision = 0;

  /** `memory` is of a generation that nobody needs any more. */
  constructor(memory = new Uint8Array(roomMin)) {
    this.block = new RowBlock(memory);
  }

  /** Packed rows that are newer than those which are here. */
  add(packed: Uint8Array): void {
    const from = this.bytes;
    this.bytes += packed.length;
    this.#makeRoom();
    const { block } = this;
    block.bytes.set(packed, from);
    // The first row of a block says its place.
    let [place, index] = ["", new KeyIndex(this)];
    let last = from;
    for (let at = from; at < this.bytes; at = block.end(at)) {
      const elsewhere = block.place(at);
      if (elsewhere !== undefined) [place, index] = [elsewhere, this.#indexOf(elsewhere)];
      index.put(at);
      if (block.expiresMs(at) !== null) this.#expiring.push({ place, position: at });
      this.added += 1;
      last = at;
    }
    this.revision = block.revision(last);
  }

  find(place: string, key: Uint8Array): ChangedRow | undefined {
    const position = this.#places.get(place)?.find(key);
    return position === undefined ? undefined : this.block.row(position, place);
  }

  has(place: string, key: Uint8Array): boolean {
    return this.#places.get(place)?.find(key) !== undefined;
  }

  places(): Iterable<string> {
    return this.#places.keys();
  }

  /** Of one place, in no order. */
  *rowsOf(place: string): Generator<ChangedRow> {
    for (const position of this.#places.get(place)?.positions() ?? []) {
      yield this.block.row(position, place);
    }
  }

  *range(place: string, { from, to, descending }: KeyRange): Generator<ChangedRow, undefined> {
    const index = this.#places.get(place);
    if (!index) return undefined;
    const [first, end] = [index.rankOf(from), index.rankOf(to)];
    for (let n = first; n < end; n++) {
      yield this.block.row(index.atRank(descending ? end - 1 - (n - first) : n), place);
    }
    return undefined;
  }

  /** All of them, by place, in the order of keys: neighbours in the tree are neighbours here. */
  *sorted(): Generator<ChangedRow, undefined> {
    for (const [place, index] of this.#places) {
      for (let n = 0; n < index.size; n++) yield this.block.row(index.atRank(n), place);
    }
    return undefined;
  }

  /** Those that expire at some time. */
  expiring(): ChangedRow[] {
    this.#expiring = this.#expiring.filter(({ place, position }) => {
      const { key } = this.block.row(position, place);
      return this.#places.get(place)?.find(key) === position;
    });
    return this.#expiring.map(({ place, position }) => this.block.row(position, place));
  }

  #indexOf(place: string): KeyIndex {
    const known = this.#places.get(place);
    if (known) return known;
    const index = new KeyIndex(this);
    this.#places.set(place, index);
    return index;
  }

  #makeRoom(): void {
    const { bytes } = this.block;
    let room = bytes.length;
    while (room < this.bytes) room *= 2;
    if (room === bytes.length) return;
    const larger = new Uint8Array(room);
    larger.set(bytes);
    this.block = new RowBlock(larger);
  }
}
