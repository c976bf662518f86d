/**
 * What is written to the file of a store, as units (`backends/sqlite/units.ts`): each is all or nothing, and runs in
 * the writer's thread. It was decided before, on the main thread (`group.ts`); here it only goes to disk.
 */
import { defineUnits } from "../../../../backends/sqlite/units.ts";
import type { Note } from "../rows/store-time.ts";
import { adoptHistory } from "./adopt-history.ts";
import { appendGroup, checkHistory, dropThrough, type PackedGroup } from "./history.ts";
import { unpackRows } from "./packed-rows.ts";
import { noteApplied, noteCommit, renewEpoch } from "./state.ts";
import { applyRows, checkTree } from "./tree.ts";

/** One commit, flat as inputs of units are. */
export type Append = PackedGroup & Note;

/** Up to where the tree has everything, and up to where nobody needs the history for anything. */
export type Applied = { readonly applied: number; readonly forgotten: number };

export const storeUnits = defineUnits(
  import.meta.url,
  {
    /** What is acknowledged when it is on disk. */
    append(db, commit: Append): void {
      noteCommit(db, commit, commit);
      appendGroup(db, commit);
    },

    /** Rows that are in the history, for the tree. */
    apply(db, { rows }: { readonly rows: Uint8Array<ArrayBuffer> }): void {
      applyRows(db, unpackRows(rows));
    },

    endApplying(db, { applied, forgotten }: Applied): void {
      noteApplied(db, applied, forgotten);
      dropThrough(db, forgotten);
    },

    renew: (db) => renewEpoch(db),
  },
  {
    checkRows(db) {
      checkTree(db);
      checkHistory(db);
    },
    conversions: { 2: adoptHistory },
  },
);
