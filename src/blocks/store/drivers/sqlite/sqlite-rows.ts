/** A store's file, the newest part of its history, and its time: the rows that `rows/create-store.ts` asks for. */
import type { Sqlite } from "../../../../backends/sqlite.ts";
import { Alarm } from "../../../../core/alarm.ts";
import { Bell } from "../../../../core/bell.ts";
import type { Clock } from "../../../../core/clock.ts";
import type { Waiting } from "../../../../core/waiting.ts";
import type { ListQuery, Write } from "../../contract.ts";
import type { Entry, Page, Survives } from "../../index.ts";
import type { Rows, Written } from "../rows/create-store.ts";
import { nameOf, type Place } from "../rows/keys.ts";
import type { Limits } from "../rows/limits.ts";
import { GroupWriter } from "./group-writer.ts";
import { Head } from "./head.ts";
import { changesSince } from "./history.ts";
import type { OverlayOptions } from "./overlay.ts";
import type { ChangedRow } from "./packed-rows.ts";
import { readState } from "./state.ts";
import type { storeUnits } from "./units.ts";
import { View } from "./view.ts";
import { StoreTime } from "../rows/store-time.ts";
import { historyGone, type Journal, storeClosed } from "../rows/watch.ts";

export interface SqliteRowsOptions {
  readonly file: Sqlite<typeof storeUnits.units>;
  readonly fileName: string;
  readonly clock: Clock;
  readonly bootId: string;
  readonly limits: Limits;
  readonly overlay: OverlayOptions;
}

export class SqliteRows implements Rows {
  readonly #file: Sqlite<typeof storeUnits.units>;
  readonly #clock: Clock;
  readonly #bootId: string;
  readonly #head: Head;
  readonly #view: View;
  readonly #writer: GroupWriter;
  readonly #bell = new Bell();
  #time: StoreTime;
  /** Whoever asks then waits: what is in memory and what is in the file belong to different histories. */
  #restoring: Promise<void> | undefined;
  readonly #sweeping: Alarm;
  #closed: Promise<void> | undefined;

  /** @throws {ReefError} `data_loss` */
  constructor({ file, fileName, clock, bootId, limits, overlay }: SqliteRowsOptions) {
    this.#file = file;
    this.#clock = clock;
    this.#bootId = bootId;
    this.#head = new Head(limits, overlay);
    this.#view = new View(file.reader, this.#head.overlay);
    this.#time = this.#load();
    const nowMs = () => this.#time.nowMs();
    this.#sweeping = new Alarm({ clock, nowMs, chore: () => this.#sweep() });
    this.#writer = new GroupWriter({
      file,
      fileName,
      head: this.#head,
      view: this.#view,
      tablesMax: limits.tablesMax,
      note: () => this.#time.note(),
      onCommit: (rows) => this.#hear(rows),
    });
    this.#sweeping.set(this.#view.nextExpiry());
  }

  get survives(): Survives {
    return this.#file.survives;
  }

  async get(place: Place, key: Uint8Array): Promise<Entry | undefined> {
    if (this.#restoring) await this.#restoring;
    this.#file.refuseWhenOver();
    return this.#view.find(place.name, key, this.#time.nowMs());
  }

  async list(place: Place, query: ListQuery): Promise<Page> {
    if (this.#restoring) await this.#restoring;
    return this.#file.snapshot(() => this.#view.page(place.name, query, this.#time.nowMs()));
  }

  write(place: Place, writes: readonly Write[], waiting?: Waiting): Promise<Written> {
    const asked = { place: place.name, writes };
    if (!this.#restoring) return this.#writer.write(asked, waiting);
    return this.#restoring.then(() => this.#writer.write(asked, waiting));
  }

  async tables(database: string): Promise<readonly string[]> {
    if (this.#restoring) await this.#restoring;
    const start = nameOf({ database, table: "" });
    return this.#file.snapshot(() => this.#view.tables(start, this.#time.nowMs()));
  }

  journal(place: Place, prefix: Uint8Array | undefined): Omit<Journal, "page"> {
    const watched = { place: place.name, prefix };
    return {
      moment: async () => {
        if (this.#restoring) await this.#restoring;
        return this.#head.history;
      },
      since: async (after) => {
        if (this.#restoring) await this.#restoring;
        return this.#file.snapshot((db) => changesSince(db, watched, this.#head.history, after));
      },
      listen: () => this.#bell.listen(place.name),
    };
  }

  async restore(path: string): Promise<void> {
    const restored = Promise.withResolvers<void>();
    this.#restoring = restored.promise;
    try {
      await this.#writer.idle();
      await this.#file.restore(path);
      try {
        await this.#file.write("renew", undefined);
      } finally {
        this.#time = this.#load();
      }
    } finally {
      this.#restoring = undefined;
      restored.resolve();
    }
    this.#bell.end(historyGone());
    this.#sweeping.set(this.#view.nextExpiry());
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#sweeping[Symbol.dispose]();
    this.#bell.end(storeClosed());
    await this.#writer.close();
    await this.#file[Symbol.asyncDispose]();
  }

  #load(): StoreTime {
    return this.#file.snapshot((db) => {
      this.#head.load(db);
      return new StoreTime(this.#clock, this.#bootId, readState(db));
    });
  }

  #hear(rows: readonly ChangedRow[]): void {
    let rung = 0;
    for (const { place, revision, value, expiresMs } of rows) {
      if (revision !== rung) this.#bell.ring(place, (rung = revision));
      if (value && expiresMs !== null) this.#sweeping.set(expiresMs);
    }
  }

  /** Deletes what has expired; when to do so again. */
  async #sweep(): Promise<number> {
    if (this.#restoring) await this.#restoring;
    const expired = this.#file.snapshot(() => this.#view.expired(this.#time.nowMs()));
    await Promise.all(
      expired.map(({ place, key }) => {
        return this.#writer.write({ place, writes: [{ key }], expired: true }, undefined);
      }),
    );
    return this.#view.nextExpiry();
  }
}
