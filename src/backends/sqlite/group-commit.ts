/**
 * Many units of work, one commit: an fsync costs the same for one as for a hundred. Each unit has a savepoint of its
 * own, so that one which fails leaves its neighbours alone. Nothing is answered before the commit is on disk.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { ReefError } from "../../core/errors.ts";
import type { FailedReply, ShippedError, UnitRequest, WriterReply } from "./protocol.ts";
import { createStatements, type Writer } from "./statements.ts";
import { resultCodeOf, translateError } from "./translate-error.ts";
import type { Unit, Units } from "./units.ts";

/** SQLITE_IOERR, the primary code of everything that the disk does wrong. */
const inputOutputError = 10;

export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #units: Units;
  readonly #database: string;
  readonly #statements: Writer;
  /** After a failing disk: what the log holds behind the last commit is uncertain. */
  #uncertain = false;

  constructor(db: DatabaseSync, units: Units, database: string) {
    this.#db = db;
    this.#units = units;
    this.#database = database;
    this.#statements = createStatements(db);
  }

  /** Runs the units in order and commits them; never throws. */
  run(requests: readonly UnitRequest[]): WriterReply {
    const outputs: unknown[] = [];
    const failures: { index: number; error: ShippedError }[] = [];
    let committing = false;
    try {
      this.#settle();
      this.#statements.run("BEGIN IMMEDIATE");
      for (const [index, request] of requests.entries()) {
        const done = this.#runUnit(request);
        outputs.push(done.output);
        if (done.error !== undefined) failures.push({ index, error: done.error });
      }
      committing = true;
      this.#statements.run("COMMIT");
      return { kind: "committed", outputs, failures };
    } catch (thrown) {
      return this.#abandon(thrown, committing);
    }
  }

  /** @throws what ended the whole transaction */
  #runUnit({ name, input }: UnitRequest): { output?: unknown; error?: ShippedError } {
    const unit: Unit | undefined = this.#units[name];
    this.#statements.run("SAVEPOINT unit");
    try {
      assert(unit !== undefined, `there is no unit "${name}"`);
      // The main thread's types promise that the input is this unit's.
      const output = unit(this.#statements, input as never);
      assert(!(output instanceof Promise), `unit "${name}" is asynchronous`);
      this.#statements.run("RELEASE unit");
      return { output };
    } catch (thrown) {
      const { kind, error } = translateError(thrown, this.#database);
      // Some failures end the transaction by themselves, and with it what the neighbours did.
      if (kind !== "unit" || !this.#db.isTransaction) throw thrown;
      this.#statements.run("ROLLBACK TO unit");
      this.#statements.run("RELEASE unit");
      return { error: { ...shipError(error), maybeExecuted: false } };
    }
  }

  #abandon(thrown: unknown, committing: boolean): FailedReply {
    const resultCode = resultCodeOf(thrown) ?? 0;
    const diskFailed = (resultCode & 0xff) === inputOutputError;
    if (diskFailed) this.#uncertain = true;
    // The commit may be whole in the log although the disk reported a failure: only then is the outcome unknown.
    const maybeExecuted = committing && diskFailed;
    const { kind, error } = translateError(thrown, this.#database, { maybeExecuted });
    try {
      if (this.#db.isTransaction) this.#statements.run("ROLLBACK");
    } catch (rollback) {
      return failure(rollback, this.#database, kind === "damage");
    }
    return { kind: "failed", error: shipError(error), damaged: kind === "damage" };
  }

  /**
   * After a failing disk, begins a new log. An fsync that failed must not be tried again, because the system has
   * forgotten what it could not write; so all that was acknowledged goes into the file itself, by new writes, and no
   * byte of the old log is ever built upon. The connection stays: a new one would read the log, and take a commit that
   * nobody was told of, and that the disk does not have, for a good one.
   * @throws while the disk still fails
   */
  #settle(): void {
    if (!this.#uncertain) return;
    const row = this.#statements.get("PRAGMA wal_checkpoint(TRUNCATE)");
    if (row?.busy !== 0) {
      throw new ReefError(
        "unavailable",
        `Cannot write to database "${this.#database}": after a failure of the disk its log must end, and somebody ` +
          "still reads in it; try again",
        { maybeExecuted: false },
      );
    }
    this.#uncertain = false;
  }
}

/** What a thread answers when all that it was asked has failed. */
export function failure(thrown: unknown, database: string, damaged = false): FailedReply {
  const { kind, error } = translateError(thrown, database);
  return { kind: "failed", error: shipError(error), damaged: damaged || kind === "damage" };
}

function shipError(error: ReefError): ShippedError {
  return { ...error.toJSON(), cause: error.cause };
}
