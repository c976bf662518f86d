/** SQL by its text: prepared once for each connection, the same few words on the writer and on the readers. */
import assert from "node:assert/strict";
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";

/** What a parameter may be. Bytes come back as `Uint8Array`, integers as numbers (beyond 2^53 reading them throws). */
export type SqlValue = SQLInputValue;

/** One row: a field for each column. */
export type SqlRow = { readonly [column: string]: SQLOutputValue };

/** Questions to one connection. SQL is a constant of the code; what varies is a parameter (`?`). */
export interface Reader {
  /** The first row, or undefined. */
  get<Row extends SqlRow>(sql: string, ...values: SqlValue[]): Row | undefined;
  /** Every row, at once: limit it in the SQL, because nothing else runs on this thread meanwhile. */
  all<Row extends SqlRow>(sql: string, ...values: SqlValue[]): Row[];
  /**
   * One row after the other, as they are asked for: where nobody knows before how many are wanted. Within a `snapshot`
   * or a unit of work, and in a loop: one that is not left goes on reading.
   */
  each<Row extends SqlRow>(sql: string, ...values: SqlValue[]): IterableIterator<Row, undefined>;
}

/** What a unit of work is given: everything it does is kept or undone together. */
export interface Writer extends Reader {
  /** Runs a statement that changes something; the result is the number of rows that it changed. */
  run(sql: string, ...values: SqlValue[]): number;
}

/** A driver has some dozens of statements; more means that values were written into the SQL. */
const statementsMax = 500;

/** `runs` counts what has changed something, or tried to: whoever is to undo it asks whether there is anything. */
export function createStatements(db: DatabaseSync): Writer & { readonly runs: number } {
  const prepared = new Map<string, StatementSync>();
  let runs = 0;

  function statement(sql: string): StatementSync {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    assert(prepared.size < statementsMax, "SQL is constant; give what varies as a parameter");
    const fresh = db.prepare(sql);
    prepared.set(sql, fresh);
    return fresh;
  }

  return {
    // The caller names the columns in the SQL and in the type, side by side.
    get: <Row>(sql: string, ...values: SqlValue[]) =>
      statement(sql).get(...values) as Row | undefined,
    all: <Row>(sql: string, ...values: SqlValue[]) => statement(sql).all(...values) as Row[],
    each: <Row>(sql: string, ...values: SqlValue[]) =>
      statement(sql).iterate(...values) as IterableIterator<Row, undefined>,
    run(sql, ...values) {
      runs++;
      return Number(statement(sql).run(...values).changes);
    },
    get runs() {
      return runs;
    },
  };
}
