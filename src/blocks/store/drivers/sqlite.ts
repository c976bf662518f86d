/**
 * The store in one SQLite file: what it acknowledges is on disk.
 *
 * A commit is one row that is appended to the **history**: the **group** of all who wrote at the same time. What it
 * changes lies from then on in the **overlay**, in memory, and is brought into the **tree** of entries later, thousands
 * of writes at a time and in the order of its pages. Readers see the overlay over the tree; both hold only what is
 * committed. A start reads that part of the history again which the tree does not have yet. docs/decisions/0015 says
 * what was measured.
 *
 * Reads are answered on this thread; what has expired they pass over, and a timer deletes it. Watches read the history,
 * so they go on over restarts; commits ring the bell for them.
 *
 * The files of `sqlite/` in the order of reading:
 * - `sqlite-rows.ts`: what `rows/create-store.ts` asks of a driver, and who answers it;
 * - `schema.ts`, `packed-rows.ts`, `state.ts`, `history.ts`, `tree.ts`: what lies in the file, and in which form;
 * - `units.ts`: what is written to the file. A **unit** is a function that runs in the writer's thread, as a
 *   whole or not at all (`backends/sqlite/units.ts`);
 * - `head.ts`, `kept-groups.ts`, `overlay.ts`: what this thread has in memory. The overlay has two **generations**, one
 *   that gathers and one on its way into the tree: `generation.ts`, `key-index.ts`, `sort-keys.ts`;
 * - `view.ts`: how it is read;
 * - `waiting-writes.ts`, `group.ts`, `group-writer.ts`, `tree-writer.ts`: how a write waits, is decided, is committed,
 *   and comes into the tree;
 * - `adopt-history.ts`: files of the first version.
 */
import { basename } from "node:path";
import { openSqlite } from "../../../backends/sqlite.ts";
import { bootClock, bootIdOf } from "../../../core/boot-clock.ts";
import type { Clock } from "../../../core/clock.ts";
import type { Store, StoreLimits } from "../index.ts";
import { createStore } from "./rows/create-store.ts";
import { limitsOf } from "./rows/limits.ts";
import type { OverlayOptions } from "./sqlite/overlay.ts";
import { schema } from "./sqlite/schema.ts";
import { SqliteRows } from "./sqlite/sqlite-rows.ts";
import { storeUnits } from "./sqlite/units.ts";

/** Where it is, its limits, and what its time is measured by. */
export interface SqliteStoreOptions extends StoreLimits, OverlayOptions {
  /** As `SqliteOptions.path`. */
  readonly path: string;
  /** Its monotonic time goes on from one process to the next as long as the machine is on. @default bootClock */
  readonly clock?: Clock;
  /** Another one after each start of the machine. @default the system's */
  readonly bootId?: string;
}

/** A store that can be copied and put back while it runs. */
export interface SqliteStore extends Store, AsyncDisposable {
  backup(path: string): Promise<void>;
  /** Every watch ends with `out_of_range`. */
  restore(path: string): Promise<void>;
}

/** @throws {ReefError} as `openSqlite` does */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { path, clock = bootClock, bootId = bootIdOf() } = options;
  await using opening = new AsyncDisposableStack();
  const file = opening.use(await openSqlite({ path, schema, units: storeUnits }));
  const rows = new SqliteRows({
    file,
    fileName: basename(path),
    clock,
    bootId,
    limits: limitsOf(options),
    overlay: options,
  });
  opening.move();
  return {
    ...createStore(rows),
    backup: (to) => file.backup(to),
    restore: (from) => rows.restore(from),
    [Symbol.asyncDispose]: () => rows.close(),
  };
}
