/** The last writes of a store, for watches to go on from. */
import type { Change } from "../../index.ts";
import { orderOf, sizeOf } from "../rows/keys.ts";
import type { Revision } from "../rows/watch.ts";

interface Kept extends Revision {
  readonly table: string;
  readonly bytes: number;
}

export class History {
  readonly #writesMax: number;
  readonly #bytesMax: number;
  readonly #kept: Kept[] = [];
  #bytes = 0;
  /** The last revision that is not kept. */
  #forgotten = 0;

  constructor(writesMax: number, bytesMax: number) {
    this.#writesMax = writesMax;
    this.#bytesMax = bytesMax;
  }

  add(table: string, { revision, changes }: Revision): void {
    const bytes = changes.reduce((sum, change) => sum + sizeOf(change), 0);
    this.#kept.push({ table, revision, changes, bytes });
    this.#bytes += bytes;
    while (this.#kept.length > this.#writesMax || this.#bytes > this.#bytesMax) {
      const first = this.#kept.shift();
      if (first === undefined) break;
      this.#bytes -= first.bytes;
      this.#forgotten = first.revision;
    }
  }

  /** What was written to a table after a revision; undefined when that is not all known any more. */
  since(table: string, prefix: Uint8Array | undefined, revision: number): Revision[] | undefined {
    if (revision < this.#forgotten) return undefined;
    // From the end: those who watch are nearly there.
    const before = this.#kept.findLastIndex((kept) => kept.revision <= revision);
    return this.#kept
      .slice(before + 1)
      .filter((kept) => kept.table === table)
      .map((kept) => ({ revision: kept.revision, changes: copiesWithin(prefix, kept.changes) }))
      .filter(({ changes }) => changes.length > 0);
  }
}

function copiesWithin(prefix: Uint8Array | undefined, changes: readonly Change[]): Change[] {
  const start = orderOf(prefix ?? new Uint8Array());
  return changes
    .filter(({ key }) => orderOf(key).startsWith(start))
    .map(({ key, value }) =>
      value ? { key: key.slice(), value: value.slice() } : { key: key.slice() },
    );
}
