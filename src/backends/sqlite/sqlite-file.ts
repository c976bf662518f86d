/** An open file: the reader of this thread, the writer's queue, and what both know about damage. */
import { basename } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Worker } from "node:worker_threads";
import { ReefError } from "../../core/errors.ts";
import { EventSource } from "../../core/events.ts";
import type { CommittedUnit, Sqlite } from "../sqlite.ts";
import { backUp } from "./back-up.ts";
import { checkInThread } from "./check-in-thread.ts";
import type { WriterSetup } from "./protocol.ts";
import { createStatements, type Reader, type SqlRow, type SqlValue } from "./statements.ts";
import { translateError } from "./translate-error.ts";
import type { InputOf, OutputOf, Units } from "./units.ts";
import { closedError, QueuedWriter, type WriterLimits, type WriterStats } from "./writer.ts";

export interface OpenParts {
  readonly setup: WriterSetup;
  readonly limits: WriterLimits;
  readonly writer: Worker;
  readonly reader: DatabaseSync;
  /** Held as long as the file is open. */
  readonly lock: Disposable;
}

export class SqliteFile<U extends Units> implements Sqlite<U> {
  readonly survives = "power";
  readonly commits = new EventSource<readonly CommittedUnit<U>[]>();
  readonly restored = new EventSource<void>();
  readonly reader: Reader;
  readonly #database: string;
  readonly #setup: WriterSetup;
  readonly #db: DatabaseSync;
  readonly #statements: Reader;
  readonly #begin: StatementSync;
  readonly #end: StatementSync;
  readonly #writer: QueuedWriter;
  readonly #lock: Disposable;
  readonly #closing = new AbortController();
  readonly #checks = new Set<Promise<void>>();
  #disposed: Promise<void> | undefined;
  #damage: ReefError | undefined;

  constructor({ setup, limits, writer, reader, lock }: OpenParts) {
    this.#setup = setup;
    this.#database = basename(setup.path);
    this.#db = reader;
    this.#statements = createStatements(reader);
    this.#begin = reader.prepare("BEGIN");
    this.#end = reader.prepare("COMMIT");
    this.#lock = lock;
    this.reader = {
      get: <Row extends SqlRow>(sql: string, ...values: SqlValue[]) =>
        this.#look(() => this.#statements.get<Row>(sql, ...values)),
      all: <Row extends SqlRow>(sql: string, ...values: SqlValue[]) =>
        this.#look(() => this.#statements.all<Row>(sql, ...values)),
      each: <Row extends SqlRow>(sql: string, ...values: SqlValue[]) =>
        this.#look(() => this.#statements.each<Row>(sql, ...values)),
    };
    this.#writer = new QueuedWriter(writer, this.#database, limits, {
      // The units' own types, by the name that `write` was given.
      onCommit: (units) => this.commits.emit(units as readonly CommittedUnit<U>[]),
      onDamage: (error) => this.#endBy(error),
      onDrained: () => this.#db.close(),
    });
  }

  get stats(): WriterStats {
    return this.#writer.stats;
  }

  async write<K extends keyof U & string>(
    name: K,
    input: InputOf<U[K]>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<OutputOf<U[K]>> {
    this.refuseWhenOver();
    // What the unit of that name returned, copied.
    return (await this.#writer.write(name, input, options.signal)) as OutputOf<U[K]>;
  }

  refuseWhenOver(): void {
    if (this.#damage !== undefined) throw this.#damage;
    if (this.#closing.signal.aborted) throw closedError(this.#database);
  }

  snapshot<T>(look: (reader: Reader) => T): T {
    return this.#look(() => look(this.reader));
  }

  async check(): Promise<void> {
    this.refuseWhenOver();
    const check = checkInThread(this.#setup, this.#closing.signal);
    const over = check.then(
      () => undefined,
      () => undefined,
    );
    this.#checks.add(over);
    try {
      await check;
    } catch (error) {
      if (error instanceof ReefError && error.code === "data_loss") this.#endBy(error);
      throw error;
    } finally {
      this.#checks.delete(over);
    }
  }

  async backup(path: string): Promise<void> {
    this.refuseWhenOver();
    await backUp(this.#setup.path, path).catch((error: unknown) => {
      throw this.#translated(error);
    });
  }

  async restore(path: string): Promise<void> {
    this.refuseWhenOver();
    await this.#writer.restore(path);
    this.restored.emit();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#close();
    return this.#disposed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#checks);
    await this.#writer[Symbol.asyncDispose]();
    if (this.#db.isOpen) this.#db.close();
    this.#lock[Symbol.dispose]();
  }

  #look<T>(look: () => T): T {
    this.refuseWhenOver();
    try {
      this.#beginLooking();
      return look();
    } catch (error) {
      throw this.#translated(error);
    }
  }

  /**
   * All who read before anything else happens on this thread see one state: finding out which one it is costs as much
   * as reading a row does.
   */
  #beginLooking(): void {
    if (this.#db.isTransaction) return;
    this.#begin.run();
    queueMicrotask(() => {
      if (this.#db.isOpen) this.#end.run();
    });
  }

  #translated(thrown: unknown): ReefError {
    const { kind, error } = translateError(thrown, this.#database);
    if (kind === "damage") this.#endBy(error);
    return error;
  }

  #endBy(error: ReefError): void {
    this.#damage ??= error;
    this.#writer.end(error);
  }
}
