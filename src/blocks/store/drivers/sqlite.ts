/**
 * The store in one SQLite file: what it acknowledges is on disk.
 *
 * Reads are answered from what is committed, on this thread; what has expired they pass over, and a timer deletes it.
 * Watches read the history that the file keeps, so they go on over restarts; commits ring the bell for them.
 */
import { type CommittedUnit, openSqlite, type Sqlite } from "../../../backends/sqlite.ts";
import { Alarm } from "../../../core/alarm.ts";
import { Bell } from "../../../core/bell.ts";
import { bootClock, bootIdOf } from "../../../core/boot-clock.ts";
import type { Clock } from "../../../core/clock.ts";
import type { ListQuery, Write } from "../contract.ts";
import type { Entry, Page, Store, StoreLimits, Survives } from "../index.ts";
import { createStore, type Rows, type Written } from "./rows/database.ts";
import { nameOf, type Place } from "./rows/keys.ts";
import { limitsOf } from "./rows/limits.ts";
import { getEntry, lastNote, listEntries, nextExpiry, tablesOf } from "./sqlite/questions.ts";
import { changesSince, momentOf } from "./sqlite/history.ts";
import { schema } from "./sqlite/schema.ts";
import { packWrites, placeOf } from "./sqlite/packed-writes.ts";
import { type Note, StoreTime } from "./rows/store-time.ts";
import { storeUnits } from "./sqlite/units.ts";
import { closedError, type Journal, historyGone } from "./rows/watch.ts";

/** Where it is, its limits, and what its time is measured by. */
export interface SqliteStoreOptions extends StoreLimits {
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
  const file = await openSqlite({
    path,
    schema,
    units: storeUnits,
    settings: limitsOf(options),
    stamp: () => rows.note(),
  });
  const rows = new SqliteRows(file, clock, bootId);
  return {
    ...createStore(rows),
    backup: (to) => file.backup(to),
    restore: (from) => rows.restore(from),
    [Symbol.asyncDispose]: () => rows.close(),
  };
}

class SqliteRows implements Rows {
  readonly #file: Sqlite<typeof storeUnits.units>;
  readonly #clock: Clock;
  readonly #bootId: string;
  readonly #bell = new Bell();
  #time: StoreTime;
  /** Whatever is written then waits: its time would be another one. */
  #restoring: Promise<void> | undefined;
  readonly #sweeping: Alarm;
  #closed: Promise<void> | undefined;

  constructor(file: Sqlite<typeof storeUnits.units>, clock: Clock, bootId: string) {
    this.#file = file;
    this.#clock = clock;
    this.#bootId = bootId;
    this.#time = new StoreTime(clock, bootId, lastNote(file.reader));
    const nowMs = () => this.#time.nowMs();
    this.#sweeping = new Alarm({ clock, nowMs, chore: () => this.#sweep() });
    file.commits.on((units) => units.forEach((unit) => this.#hear(unit)));
    this.#sweeping.set(nextExpiry(file.reader));
  }

  get survives(): Survives {
    return this.#file.survives;
  }

  /** The time of a commit. */
  note(): Note {
    return this.#time.note();
  }

  async get(place: Place, key: Uint8Array): Promise<Entry | undefined> {
    return getEntry(this.#file.reader, place, key, this.#time.nowMs());
  }

  async list(place: Place, query: ListQuery): Promise<Page> {
    return this.#file.snapshot((db) => listEntries(db, place, query, this.#time.nowMs()));
  }

  async write(place: Place, writes: readonly Write[], signal?: AbortSignal): Promise<Written> {
    if (this.#restoring) await this.#restoring;
    const packed = packWrites(place, writes);
    const [revision, changed] = await this.#file.write("write", packed, { signal });
    return { revision, changed };
  }

  async tables(database: string): Promise<readonly string[]> {
    return this.#file.snapshot((db) => tablesOf(db, database, this.#time.nowMs()));
  }

  journal(place: Place, prefix: Uint8Array | undefined): Omit<Journal, "page"> {
    return {
      moment: async () => momentOf(this.#file.reader),
      since: async (after) => this.#file.snapshot((db) => changesSince(db, place, prefix, after)),
      listen: () => this.#bell.listen(nameOf(place)),
    };
  }

  async restore(path: string): Promise<void> {
    const restored = Promise.withResolvers<void>();
    this.#restoring = restored.promise;
    try {
      await this.#file.restore(path);
      this.#time = new StoreTime(this.#clock, this.#bootId, lastNote(this.#file.reader));
      await this.#file.write("renew", undefined);
    } finally {
      this.#restoring = undefined;
      restored.resolve();
    }
    this.#bell.end(historyGone());
    this.#sweeping.set(nextExpiry(this.#file.reader));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#sweeping[Symbol.dispose]();
    this.#bell.end(closedError());
    await this.#file[Symbol.asyncDispose]();
  }

  #hear(unit: CommittedUnit<typeof storeUnits.units>): void {
    if (unit.name === "write") {
      const [revision, changed, expiresMs] = unit.output;
      if (changed) this.#bell.ring(placeOf(unit.input), revision);
      if (expiresMs !== null) this.#sweeping.set(expiresMs);
    }
    if (unit.name === "sweep") {
      for (const { place, revision } of unit.output) this.#bell.ring(place, revision);
    }
  }

  /** Deletes what has expired; when to do so again. */
  async #sweep(): Promise<number> {
    if (this.#restoring) await this.#restoring;
    await this.#file.write("sweep", undefined);
    return nextExpiry(this.#file.reader);
  }
}
