/** The last writes of a store, for watches to go on from. */
import type { Change } from "../../index.ts";
import { orderOf, sizeOf } from "../rows/keys.ts";
import type { KeptWrite } from "../rows/watch.ts";

interface Kept extends KeptWrite {
  readonly table: string;
  readonly bytes: number;
}

export class History {
  readonly #writesMax: number;
  readonly #bytesMax: number;
  readonly #kept: Kept[] = [];
  #bytes = 0;
  #forgotten = 0;

  constructor(writesMax: number, bytesMax: number) {
    this.#writesMax = writesMax;
    this.#bytesMax = bytesMax;
  }

  /** The last revision that is not kept. */
  get forgotten(): number {
    return this.#forgotten;
  }

  add(table: string, { revision, changes }: KeptWrite): void {
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

  /** What is kept of what was written to a table after a revision. */
  since(table: string, prefix: Uint8Array | undefined, revision: number): KeptWrite[] {
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
