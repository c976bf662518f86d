/**
 * Many units of work in one transaction. One that fails leaves its neighbours alone, and nothing is answered before the
 * commit is on disk.
 *
 * Units refuse before they write, as a rule, and then there is nothing to undo. So they run without savepoints, which
 * would be two statements for each; only when one fails with something written is everything undone and done again,
 * each in a savepoint of its own.
 */
import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { ReefError } from "../../core/errors.ts";
import { packOutputs } from "./pack-units.ts";
import type { FailedReply, ShippedError, UnitRequest, WriterReply } from "./protocol.ts";
import { createStatements, type Writer } from "./statements.ts";
import { resultCodeOf, translateError } from "./translate-error.ts";
import type { Unit, UnitModule } from "./units.ts";

/** SQLITE_IOERR, the primary code of everything that the disk does wrong. */
const inputOutputError = 10;

/** What came of the units of one transaction. */
interface Done {
  readonly outputs: unknown[];
  readonly failures: { readonly index: number; readonly error: ShippedError }[];
}

/** A unit has failed with something written. */
class Undo extends Error {}

export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #units: UnitModule["units"];
  /** Its name, for errors. */
  readonly #database: string;
  readonly #statements: Writer & { readonly runs: number };
  /** After a failing disk: what the log holds behind the last commit is uncertain. */
  #uncertain = false;
  /** Nothing more is written to it: what was sent before that was known would only make it worse. */
  #damage: FailedReply | undefined;

  constructor(db: DatabaseSync, { units }: Pick<UnitModule, "units">, database: string) {
    this.#db = db;
    this.#units = units;
    this.#database = database;
    this.#statements = createStatements(db);
  }

  /** Runs the units in order and commits them; never throws. */
  run(requests: readonly UnitRequest[]): WriterReply {
    if (this.#damage) return this.#damage;
    let committing = false;
    try {
      this.#settle();
      this.#statements.run("BEGIN IMMEDIATE");
      const { outputs, failures } = this.#runAll(requests);
      committing = true;
      this.#statements.run("COMMIT");
      return { kind: "committed", outputs: packOutputs(outputs), failures };
    } catch (thrown) {
      const failed = this.#abandon(thrown, committing);
      if (failed.damaged) this.#damage = failed;
      return failed;
    }
  }

  /** @throws what ended the whole transaction */
  #runAll(requests: readonly UnitRequest[]): Done {
    try {
      return this.#runTogether(requests);
    } catch (thrown) {
      if (!(thrown instanceof Undo)) throw thrown;
    }
    this.#statements.run("ROLLBACK");
    this.#statements.run("BEGIN IMMEDIATE");
    return this.#runApart(requests);
  }

  #runTogether(requests: readonly UnitRequest[]): Done {
    const done: Done = { outputs: [], failures: [] };
    for (const [index, request] of requests.entries()) {
      const runsBefore = this.#statements.runs;
      try {
        done.outputs.push(this.#runUnit(request));
      } catch (thrown) {
        const error = this.#failureOf(thrown);
        if (this.#statements.runs > runsBefore) throw new Undo();
        done.failures.push({ index, error });
        done.outputs.push(undefined);
      }
    }
    return done;
  }

  #runApart(requests: readonly UnitRequest[]): Done {
    const done: Done = { outputs: [], failures: [] };
    for (const [index, request] of requests.entries()) {
      this.#statements.run("SAVEPOINT unit");
      try {
        done.outputs.push(this.#runUnit(request));
      } catch (thrown) {
        const error = this.#failureOf(thrown);
        this.#statements.run("ROLLBACK TO unit");
        done.failures.push({ index, error });
        done.outputs.push(undefined);
      }
      this.#statements.run("RELEASE unit");
    }
    return done;
  }

  #runUnit({ name, input }: UnitRequest): unknown {
    const unit: Unit | undefined = this.#units[name];
    assert(unit !== undefined, `there is no unit "${name}"`);
    // The main thread's types promise that the input is this unit's.
    const output = unit(this.#statements, input as never);
    assert(!(output instanceof Promise), `unit "${name}" is asynchronous`);
    return output;
  }

  /** @throws it again when it has ended the transaction, and with it what the neighbours did */
  #failureOf(thrown: unknown): ShippedError {
    const { kind, error } = translateError(thrown, this.#database);
    if (kind !== "unit" || !this.#db.isTransaction) throw thrown;
    return { ...shipError(error), maybeExecuted: false };
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
