/**
 * Brings into the tree what the overlay has for it: some rows beside each commit, so that nobody waits for it, and the
 * rest when there is nothing else to do. One portion at a time, because the last one says that all are there.
 */
import type { Sqlite } from "../../../../backends/sqlite.ts";
import type { Head } from "./head.ts";
import { packRows } from "./packed-rows.ts";
import type { storeUnits } from "./units.ts";

/**
 * Rows for the tree with each row that is written: more than one, so that the overlay is emptied faster than filled.
 */
const appliedPerRow = 2;
/** At least as many; so many cost less than the fsync of the commit. */
const appliedRowsMin = 64;
/** More than one commit has written: the rest waits for the next one. */
const appliedRowsMax = 2_000;
/** Where nobody waits: whoever writes next waits for all of them, about a millisecond. */
const appliedAlone = 256;

export class TreeWriter {
  readonly #file: Sqlite<typeof storeUnits.units>;
  readonly #head: Head;
  /** Rows that were written since the last portion left. */
  #rowsSince = 0;
  #isBusy = false;

  constructor(file: Sqlite<typeof storeUnits.units>, head: Head) {
    this.#file = file;
    this.#head = head;
  }

  /** A portion is on its way. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** What should leave now, with a commit of so many rows; undefined when nothing should. */
  beside(rows: number): Promise<unknown> | undefined {
    this.#rowsSince += rows;
    if (this.#isBusy || !this.#head.overlay.isApplying) return undefined;
    const wanted = Math.max(appliedPerRow * this.#rowsSince, appliedRowsMin);
    return this.apply(Math.min(wanted, appliedRowsMax));
  }

  /** Why they are not in the tree, if they are not: they are tried again. Never fails. */
  async apply(count = appliedAlone): Promise<unknown> {
    this.#isBusy = true;
    this.#rowsSince = 0;
    const { overlay } = this.#head;
    const rows = overlay.nextRows(count);
    const isEnd = rows.length < count;
    try {
      const writes: Promise<void>[] = [];
      if (rows.length > 0) writes.push(this.#file.write("apply", { rows: packRows(rows) }));
      if (isEnd) writes.push(this.#file.write("endApplying", this.#applied()));
      await Promise.all(writes);
    } catch (failed) {
      overlay.giveBack(rows);
      return failed;
    } finally {
      this.#isBusy = false;
    }
    if (isEnd) overlay.endApplying();
    return undefined;
  }

  /** How far all of it will be in the tree. */
  #applied() {
    const { overlay, history } = this.#head;
    const applied = overlay.applyingRevision;
    return { applied, forgotten: Math.min(applied, history.forgotten) };
  }
}
