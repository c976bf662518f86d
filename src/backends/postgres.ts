/**
 * PostgreSQL, and what speaks like it: a few connections, made again by themselves, that never wait for ever.
 *
 * What a block's driver is built on; it knows no block. A driver brings its tables (`Migration`) and gets:
 * - questions, which are asked again over another connection when one is lost;
 * - one transaction at a time, which is tried again as long as it is certain that it was not committed;
 * - a time limit for both, and errors that say whether something may have been done.
 *
 * It is written to what CockroachDB has too: no notifications, no advisory locks, no procedures. It was run on
 * PostgreSQL only.
 */
import { systemClock } from "../core/clock.ts";
import { attempt, type AttemptOptions, callTimeoutMs } from "./postgres/attempt.ts";
import { commit, type Ending } from "./postgres/commit.ts";
import { loadLibrary } from "./postgres/library.ts";
import type { Run } from "./postgres/link.ts";
import { migrate, type Migration } from "./postgres/migrate.ts";
import { parseServerUrl } from "./postgres/server-url.ts";
import type { Survives } from "./postgres/session.ts";
import { Slot } from "./postgres/slot.ts";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; nothing of it but host and database is ever shown. */
  readonly url: string;
  /** Where its tables are; made when it is not there. Several platforms share what is in the same one. */
  readonly schema: string;
  /** Every migration since the first version; the schema remembers how many it has seen. */
  readonly migrations: readonly Migration[];
  /** Gives the library. @default loads it */
  readonly load?: () => Promise<unknown>;
}

/** An open server. What fails throws a `ReefError`; the table of codes is `postgres/translate-error.ts`. */
export interface Postgres extends AsyncDisposable {
  /** What a resolved `transaction` survives, as the server said when it was connected to last. */
  readonly survives: Survives;

  /**
   * Asks; what is asked changes nothing, and is asked again when a connection is lost. Fails with `unavailable` within
   * `callTimeoutMs`. `signal` ends the waiting, with its reason.
   */
  read<T>(ask: (run: Run) => Promise<T>, signal?: AbortSignal): Promise<T>;

  /**
   * One transaction, all or nothing, behind those that were asked for before. `work` runs again when the server undid
   * it because of another transaction, or when a connection was lost before the commit. Fails with `unavailable` within
   * `callTimeoutMs` of its beginning; `maybeExecuted` says whether it may have been committed.
   */
  transaction<T>(work: (run: Run) => Promise<Ending<T>>): Promise<T>;

  /** Waits for the transactions, and closes the connections. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Connections that questions share, many at once on each: a server has about a hundred for all its clients. */
const readersMax = 3;

/**
 * Opens a server that runs.
 * @throws {ReefError} `failed_precondition` without the library, the right to log in or a database, or when the tables
 * are newer than this code; `unavailable` when it cannot be reached
 */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  const { schema, migrations, load } = options;
  const { shown, ...address } = parseServerUrl(options.url);
  const createClient = await loadLibrary(load);
  const link = { ...address, createClient, clock: systemClock, schema, timeoutMs: callTimeoutMs };
  const server = new Server(shown, () => new Slot(link));
  try {
    await migrate(server, { schema, migrations, shown });
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

class Server implements Postgres {
  readonly #common: Pick<AttemptOptions, "shown" | "clock" | "patience">;
  readonly #writer: Slot;
  readonly #readers: readonly Slot[];
  #survives: Survives = "process";
  /** The last transaction; the next one waits for it, as it would in the server. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(shown: string, createSlot: () => Slot) {
    this.#common = { shown, clock: systemClock, patience: { away: false } };
    this.#writer = createSlot();
    this.#readers = Array.from({ length: readersMax }, createSlot);
  }

  get survives(): Survives {
    return this.#survives;
  }

  read<T>(ask: (run: Run) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const options = { ...this.#common, slot: () => this.#idlest(), signal };
    return attempt(({ run }, link) => {
      this.#survives = link.survives;
      return ask(run);
    }, options);
  }

  transaction<T>(work: (run: Run) => Promise<Ending<T>>): Promise<T> {
    const options = { ...this.#common, slot: () => this.#writer };
    const done = this.#writing.then(() =>
      attempt((tried, link) => {
        this.#survives = link.survives;
        return commit(tried, work);
      }, options),
    );
    this.#writing = done.catch(() => undefined);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    for (const slot of [this.#writer, ...this.#readers]) slot.close();
  }

  /** A connection that is there and unused; else a new one; else the one with the least to do. */
  #idlest(): Slot {
    const rank = ({ load, warm }: Slot) => load + (warm ? 0 : 0.5);
    return this.#readers.reduce((best, slot) => (rank(slot) < rank(best) ? slot : best));
  }
}
