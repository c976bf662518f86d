/**
 * The embedded engine: one SQLite file, one thread that writes, readers beside it. "Written" means on disk.
 *
 * What a block's driver is built on; it knows no block. A driver brings its schema (`Migration`) and its units of work
 * (`sqlite/units.ts`), and gets:
 * - group commit: all who write while the disk is busy share the next fsync, each unit by itself all or nothing;
 * - reads that never wait for writes, on this thread;
 * - commits as events in their order, to feed watches;
 * - a file that is refused when it is damaged, newer, foreign or in use, and writing that heals after a full or failing
 *   disk.
 */
import { closeSync, openSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { Events } from "../core/events.ts";
import { checkedBeforeUseBytesMax } from "./sqlite/check-file.ts";
import { lockFile } from "./sqlite/file-lock.ts";
import type { Migration } from "./sqlite/migrate.ts";
import { openReader } from "./sqlite/open-connection.ts";
import type { WriterSetup } from "./sqlite/protocol.ts";
import { settleLog } from "./sqlite/settle-log.ts";
import { SqliteFile } from "./sqlite/sqlite-file.ts";
import type { Reader } from "./sqlite/statements.ts";
import { translateError } from "./sqlite/translate-error.ts";
import type { InputOf, OutputOf, UnitModule, Units } from "./sqlite/units.ts";
import { openWriterThread, type WriterLimits, type WriterStats } from "./sqlite/writer.ts";

export interface SqliteOptions<U extends Units> extends WriterLimits {
  /** A file in a folder that exists; made when it is not there. There is no ":memory:", nothing would be kept. */
  readonly path: string;
  /** Every migration since the first version; the file remembers how many it has seen. */
  readonly schema: readonly Migration[];
  readonly units: UnitModule<U>;
}

/** A unit that is on disk. */
export type CommittedUnit<U extends Units> = {
  [K in keyof U & string]: {
    readonly name: K;
    readonly input: InputOf<U[K]>;
    readonly output: OutputOf<U[K]>;
  };
}[keyof U & string];

/** An open file. What fails throws a `ReefError`; the table of codes is `sqlite/translate-error.ts`. */
export interface Sqlite<U extends Units> extends AsyncDisposable {
  /** What a resolved `write` survives: the end of the process, of the system, and of the power. */
  readonly survives: "power";

  /**
   * Runs a unit of work, all or nothing; resolves with its output when that is on disk, in the order of the calls. The
   * input is not copied before it leaves this thread: do not change it meanwhile.
   * `signal` takes it back as long as it waits here; once it is on its way it is carried out. Besides what the unit
   * itself throws it fails with `resource_exhausted` (disk or queue full), `unavailable` (the disk failed:
   * `maybeExecuted` says whether it may be there after a crash), `data_loss` (the file is damaged).
   */
  write<K extends keyof U & string>(
    name: K,
    input: InputOf<U[K]>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<OutputOf<U[K]>>;

  /**
   * Sees each commit before its writers are told. Questions that follow each other without waiting are answered from
   * one state. Blocks this thread: ask for pages.
   */
  readonly reader: Reader;

  /** For what is answered without asking the file. @throws {ReefError} as all use of it does when it is over */
  refuseWhenOver(): void;

  /** Several questions to one and the same state of the file. `look` is synchronous. */
  snapshot<T>(look: (reader: Reader) => T): T;

  /** Each commit, in order, once: the units that succeeded, before their writers are told. */
  readonly commits: Events<readonly CommittedUnit<U>[]>;

  /** Tells when the content was replaced by a backup: what was derived from it is void. */
  readonly restored: Events<void>;

  /** Reads the whole file in another thread. @throws {ReefError} `data_loss`, as all use of it does from then on */
  check(): Promise<void>;

  /** Copies the present state to another file, which `restore` takes; writing and reading go on. */
  backup(path: string): Promise<void>;

  /** Puts the content of a backup in place, in one step, after what was written before and before what comes later. */
  restore(path: string): Promise<void>;

  readonly stats: WriterStats;

  /** Takes no more, waits for what was accepted, and closes the file. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a file, and makes it when it is not there.
 * @throws {ReefError} `failed_precondition` when it is in use, newer than this code, or of another program; `data_loss`
 * when it is damaged (a file over 32 MiB is checked while it is used); `unavailable` when it cannot be opened
 */
export async function openSqlite<U extends Units>(options: SqliteOptions<U>): Promise<Sqlite<U>> {
  const { path, schema, units, ...limits } = options;
  const setup: WriterSetup = { path, schema, unitsUrl: units.url };
  await using opening = new AsyncDisposableStack();
  try {
    // Only for the owner from its first byte on; SQLite gives its log the same mode.
    closeSync(openSync(path, "a", 0o600));
    const large = statSync(path).size > checkedBeforeUseBytesMax;
    const lock = opening.use(lockFile(path));
    settleLog(path);
    const writer = await openWriterThread(setup);
    opening.defer(async () => void (await writer.terminate()));
    const file = new SqliteFile<U>({
      setup,
      limits,
      writer,
      reader: openReader(path),
      lock,
    });
    opening.move();
    // Not in vain: a file that turns out to be damaged fails every use of it from then on.
    if (large) file.check().catch(() => undefined);
    return file;
  } catch (thrown) {
    throw translateError(thrown, basename(path)).error;
  }
}
