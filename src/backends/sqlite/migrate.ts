/**
 * The versioned schema: the file knows how many migrations it has seen (`user_version`), the code knows all of them.
 * A migration that was released is never changed; the next one is added behind it.
 */
import type { DatabaseSync } from "node:sqlite";
import { ReefError } from "../../core/errors.ts";
import { createStatements } from "./statements.ts";
import type { Conversions } from "./units.ts";

/** The statements that lead from one version to the next; `Conversions` come behind them. */
export type Migration = readonly string[];

/** "reef" in ASCII: tells our files from SQLite files of other programs. Source: https://www.sqlite.org/fileformat.html */
const applicationId = 0x72656566;

/** Every migration since the first version, and what comes behind some of them. */
export interface Versions {
  readonly schema: readonly Migration[];
  readonly conversions: Conversions;
}

/**
 * Brings the file up to date, all or nothing.
 * @throws {ReefError} `failed_precondition` when it was written by a newer version, or by another program
 */
export function migrate(
  db: DatabaseSync,
  { schema, conversions }: Versions,
  database: string,
): void {
  const version = versionOf(db, database);
  refuseNewer(version, schema, database);
  if (version === schema.length && pragma(db, "application_id") === applicationId) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const [index, statements] of schema.slice(version).entries()) {
      for (const statement of statements) db.exec(statement);
      conversions[version + index + 1]?.(createStatements(db));
    }
    db.exec(`PRAGMA application_id = ${applicationId}`);
    db.exec(`PRAGMA user_version = ${schema.length}`);
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** How many migrations the file has seen; 0 for an empty one. */
export function versionOf(db: DatabaseSync, database: string): number {
  const id = pragma(db, "application_id");
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n;
  if (id !== applicationId && (id !== 0 || tables !== 0)) {
    throw new ReefError(
      "failed_precondition",
      `Cannot open database "${database}": another program made it; name another file`,
    );
  }
  return pragma(db, "user_version");
}

/** @throws {ReefError} `failed_precondition` */
export function refuseNewer(version: number, schema: readonly Migration[], database: string): void {
  if (version <= schema.length) return;
  throw new ReefError(
    "failed_precondition",
    `Cannot open database "${database}": it has version ${version}, this reef knows ${schema.length}; ` +
      "use the version of reef that wrote it, or a newer one",
  );
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
