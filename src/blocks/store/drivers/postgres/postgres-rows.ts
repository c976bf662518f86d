/** The rows of a store in PostgreSQL: what is asked of them, put together from the questions and the one writer. */
import { callTimeoutMs } from "../../../../backends/postgres/attempt.ts";
import type { Postgres } from "../../../../backends/postgres.ts";
import type { Run } from "../../../../backends/postgres/link.ts";
import { Alarm } from "../../../../core/alarm.ts";
import { Bell } from "../../../../core/bell.ts";
import { type Clock, sleep, systemClock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Waiting } from "../../../../core/waiting.ts";
import type { ListQuery, Write } from "../../contract.ts";
import type { Entry, Page, Survives } from "../../index.ts";
import type { Rows, Written } from "../rows/create-store.ts";
import { nameOf, type Place } from "../rows/keys.ts";
import type { Limits } from "../rows/limits.ts";
import type { Note } from "../rows/store-time.ts";
import { type Journal, storeClosed } from "../rows/watch.ts";
import { type Asked, type Done, decideWrites, type Outcome } from "./decide-writes.ts";
import { GroupReader } from "./group-reader.ts";
import { GroupWriter } from "./group-writer.ts";
import { Hearing } from "./hearing.ts";
import { changesSince, type News, newsSince, type State, stateOf } from "./history.ts";
import { expiredEntries, knownBefore, liveRevisions, tableRefusal } from "./locked-questions.ts";
import { getEntries, listEntries, tablesOf } from "./questions.ts";
import type { SharedTime } from "./shared-time.ts";
import { noteDown, writeDown } from "./write-down.ts";

export interface PostgresRowsOptions {
  readonly server: Postgres;
  readonly time: SharedTime;
  readonly clock: Clock;
  /** The wall clock of a moment. */
  readonly wallMs: (state: State) => number;
  readonly limits: Limits;
}

/** So often the time is noted and what others have left is cleaned up, even if nobody writes. */
const tendMs = 60_000;

/** Until a watch looks again for a server that is away. */
const lookAgainMs = 100;

export class PostgresRows implements Rows {
  readonly #options: PostgresRowsOptions;
  readonly #bell = new Bell();
  readonly #hearing: Hearing;
  readonly #reader: GroupReader;
  readonly #writer: GroupWriter;
  readonly #sweeping: Alarm;
  #closed: Promise<void> | undefined;

  constructor(options: PostgresRowsOptions) {
    const { time, clock } = options;
    this.#options = options;
    this.#reader = new GroupReader((sought) =>
      options.server.read((run) => getEntries(run, sought, time.nowMs())),
    );
    this.#writer = new GroupWriter((asked) => this.#write(asked), {
      clock: systemClock,
      timeoutMs: callTimeoutMs,
    });
    this.#hearing = new Hearing({
      bell: this.#bell,
      clock: systemClock,
      ask: (revision) => this.#ask(revision),
    });
    this.#sweeping = new Alarm({ clock, nowMs: () => time.nowMs(), chore: () => this.#sweep() });
    this.#sweeping.set(time.nowMs());
  }

  get survives(): Survives {
    return this.#options.server.survives;
  }

  get(place: Place, key: Uint8Array, waiting?: Waiting): Promise<Entry | undefined> {
    return this.#reader.get({ place, key }, waiting?.signal);
  }

  list(place: Place, query: ListQuery, signal?: AbortSignal): Promise<Page> {
    const { server, time } = this.#options;
    return server.read((run) => listEntries(run, place, query, time.nowMs()), signal);
  }

  write(place: Place, writes: readonly Write[], waiting?: Waiting): Promise<Written> {
    return this.#writer.write({ place, writes }, waiting?.signal);
  }

  tables(database: string, signal?: AbortSignal): Promise<readonly string[]> {
    const { server, time } = this.#options;
    return server.read((run) => tablesOf(run, database, time.nowMs()), signal);
  }

  journal(place: Place, prefix: Uint8Array | undefined): Omit<Journal, "page"> {
    return {
      moment: async (signal) => {
        const { epoch, revision } = await this.#options.server.read((run) => stateOf(run), signal);
        this.#hearing.begin(revision);
        return { epoch, revision };
      },
      since: (after, signal) => {
        return this.#patiently((run) => changesSince(run, place, prefix, after), signal);
      },
      listen: () => this.#hearing.listen(nameOf(place)),
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#sweeping[Symbol.dispose]();
    this.#bell.end(storeClosed());
    await this.#options.server[Symbol.asyncDispose]();
    await this.#hearing[Symbol.asyncDispose]();
  }

  /** A watch outlives a server that is away: it has missed nothing when it is back. */
  async #patiently<T>(look: (run: Run) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        // One look after the other, until there is an answer.
        // oxlint-disable-next-line no-await-in-loop
        return await this.#options.server.read(look, signal);
      } catch (error) {
        const away = error instanceof ReefError && error.code === "unavailable";
        if (!away || this.#closed) throw error;
        // oxlint-disable-next-line no-await-in-loop
        await sleep(lookAgainMs, { signal });
      }
    }
  }

  /** Those up to the first one that begins another table: whether it may is asked as the first of the next group. */
  async #write(asked: readonly Asked[]): Promise<readonly Outcome[]> {
    const { server, limits } = this.#options;
    const { outcomes, ...done } = await server.transaction(async (run) => {
      const { state, entries, begun } = await knownBefore(run, asked);
      const note = this.#note(state);
      const later = asked.findIndex((each, index) => index > 0 && begun.has(nameOf(each.place)));
      const [first] = asked;
      const refusal =
        first && begun.has(nameOf(first.place))
          ? await tableRefusal(run, first.place, note.timeMs, limits.tablesMax)
          : undefined;
      const revisions = liveRevisions(entries, note.timeMs);
      const group = asked.slice(0, later === -1 ? undefined : later);
      const { outcomes, done } = decideWrites(group, { ...state, revisions }, refusal);
      const last = done.length > 0 ? writeDown(done, state, note, limits) : [];
      return { last, value: { outcomes, state, note, done } };
    });
    this.#tell(done);
    return outcomes;
  }

  /** Deletes what has expired, and says when that is to be done again. */
  async #sweep(): Promise<number> {
    const { server, time, limits } = this.#options;
    const { nextMs, ...done } = await server.transaction(async (run) => {
      const state = await stateOf(run, "FOR UPDATE");
      const note = this.#note(state);
      const { expired, nextMs } = await expiredEntries(run, note.timeMs);
      const done = expired.map(({ place, key }, index): Done => {
        return { place, revision: state.revision + 1 + index, changes: [{ key }] };
      });
      const last = done.length > 0 ? writeDown(done, state, note, limits) : [noteDown(note)];
      return { last, value: { nextMs, state, note, done } };
    });
    this.#tell(done);
    return Math.min(nextMs, time.nowMs() + tendMs);
  }

  async #ask(revision: number): Promise<News> {
    const { server, time } = this.#options;
    const news = await server.read((run) => newsSince(run, revision));
    time.observe(news.timeMs);
    this.#sweeping.set(news.nextExpiryMs);
    return news;
  }

  #note(state: State): Note {
    const { time, wallMs } = this.#options;
    time.observe(state.note.timeMs);
    return time.note(wallMs(state));
  }

  /** What this platform has just written. */
  #tell({ done, state, note }: { done: readonly Done[]; state: State; note: Note }): void {
    const last = done.at(-1);
    if (last === undefined) return;
    const places = Map.groupBy(done, ({ place }) => place);
    const written = [...places].map(([place, [first = last]]) => ({
      place,
      revision: first.revision,
    }));
    this.#hearing.wrote(state.revision, written, last.revision);
    const ttls = done.flatMap(({ changes }) => changes.map(({ ttlMs = Infinity }) => ttlMs));
    this.#sweeping.set(note.timeMs + ttls.reduce((least, ttlMs) => Math.min(least, ttlMs)));
  }
}
