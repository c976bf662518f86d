/**
 * What is committed and not in the tree of entries yet. It lies over the tree: whoever reads looks here first.
 *
 * A commit writes its rows one behind the other into the history; the page of the tree that each of them belongs to is
 * somewhere else. So they are gathered here, and brought into the tree in the order of its pages, some thousand writes
 * at a time: a page is then written once for all of them, and a key that is written again and again once for all of
 * its writes. That takes two generations: while the rows of one are on their way into the tree, the other gathers.
 */
import { Generation, type KeyRange } from "./generation.ts";
import type { ChangedRow } from "./packed-rows.ts";

/** Rows of one generation: enough that neighbours meet; a start reads twice as many in some tens of milliseconds. */
const generationRowsMaxDefault = 65_536;
/** Bytes of its rows, so that there is room for them and the last commit in 8 MiB. There are two such blocks. */
const generationBytesMax = 7 * 1_048_576;

export interface OverlayOptions {
  /** @default 65_536 */
  readonly generationRowsMax?: number | undefined;
}

export class Overlay {
  readonly #generationRowsMax: number;
  /** The one that gathers. */
  #fresh = new Generation();
  /** The one on its way into the tree: readers find its rows here until all of them are there. */
  #applying: Generation | undefined;
  /** What of that is still to go: first the rows that a failed write gave back, then the rest of them. */
  #returned: ChangedRow[] = [];
  #rest: Iterator<ChangedRow, undefined> = [].values();
  /** Memory of the last one that came there, for the next: the collector of garbage would work on it for nothing. */
  #spare: Uint8Array<ArrayBuffer> | undefined;

  constructor({ generationRowsMax = generationRowsMaxDefault }: OverlayOptions = {}) {
    this.#generationRowsMax = generationRowsMax;
  }

  /** Packed rows of a commit that is on disk. */
  add(packed: Uint8Array): void {
    this.#fresh.add(packed);
  }

  /** Whatever there was is of another history. */
  clear(): void {
    this.#fresh = new Generation();
    this.#applying = undefined;
    this.#returned = [];
  }

  find(place: string, key: Uint8Array): ChangedRow | undefined {
    return this.#fresh.find(place, key) ?? this.#applying?.find(place, key);
  }

  has(place: string, key: Uint8Array): boolean {
    return this.#fresh.has(place, key) || Boolean(this.#applying?.has(place, key));
  }

  /** Names of places that have rows here. */
  places(): Set<string> {
    return new Set([...this.#fresh.places(), ...(this.#applying?.places() ?? [])]);
  }

  /** In no order; without those that have been replaced. */
  *rowsOf(place: string): Generator<ChangedRow> {
    yield* this.#fresh.rowsOf(place);
    for (const row of this.#applying?.rowsOf(place) ?? []) {
      if (!this.#fresh.has(place, row.key)) yield row;
    }
  }

  /** In their order; without those that have been replaced. */
  range(place: string, range: KeyRange): Generator<ChangedRow, undefined> {
    const fresh = this.#fresh.range(place, range);
    if (this.#applying === undefined) return fresh;
    return newest(fresh, this.#applying.range(place, range), range.descending);
  }

  /** Those that expire at some time. */
  expiring(): ChangedRow[] {
    const fresh = this.#fresh.expiring();
    const older = this.#applying?.expiring() ?? [];
    return [...fresh, ...older.filter(({ place, key }) => !this.#fresh.has(place, key))];
  }

  /** What gathers is a whole generation: it is to go into the tree, and while another one still does, nobody writes. */
  get isFull(): boolean {
    return this.#fresh.added >= this.#generationRowsMax || this.#fresh.bytes >= generationBytesMax;
  }

  get isApplying(): boolean {
    return this.#applying !== undefined;
  }

  get isEmpty(): boolean {
    return this.#fresh.added === 0 && this.#applying === undefined;
  }

  /** What is here goes into the tree from now on; what is written from now on waits for the next time. */
  beginApplying(): void {
    this.#applying = this.#fresh;
    this.#rest = this.#fresh.sorted();
    this.#fresh = new Generation(this.#spare);
    this.#spare = undefined;
  }

  /**
   * The next rows for the tree, without those that have been replaced since. Fewer than asked for are the last ones.
   */
  nextRows(count: number): ChangedRow[] {
    const rows = this.#returned.splice(0, count);
    while (rows.length < count) {
      const row = this.#rest.next().value;
      if (row === undefined) break;
      if (!this.#fresh.has(row.place, row.key)) rows.push(row);
    }
    return rows;
  }

  /** They are not in the tree after all. */
  giveBack(rows: readonly ChangedRow[]): void {
    this.#returned = [...rows, ...this.#returned];
  }

  /** Up to where the tree has everything when all of it is there. */
  get applyingRevision(): number {
    return this.#applying?.revision ?? 0;
  }

  /** The tree has them. */
  endApplying(): void {
    this.#spare = this.#applying?.block.bytes;
    this.#applying = undefined;
  }
}

/** Two lists in one order as one: of two with the same key the newer one. */
export function* newest<T extends { readonly key: Uint8Array }>(
  newer: Generator<T, undefined>,
  older: Generator<T, undefined>,
  descending: boolean,
): Generator<T, undefined> {
  try {
    let [one, other] = [newer.next().value, older.next().value];
    while (one !== undefined || other !== undefined) {
      const order = one && other ? Buffer.compare(one.key, other.key) : 0;
      if (one && (!other || order === 0 || order < 0 !== descending)) {
        yield one;
        one = newer.next().value;
        if (order === 0) other = older.next().value;
      } else if (other) {
        yield other;
        other = older.next().value;
      }
    }
    return undefined;
  } finally {
    newer.return(undefined);
    older.return(undefined);
  }
}
