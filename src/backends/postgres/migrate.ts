/**
 * The versioned schema: a table knows how many migrations the others have seen, the code knows all of them. A migration
 * that was released is never changed; the next one is added behind it. Whoever holds the row of that table migrates,
 * and others who start at the same time wait for it.
 */
import { ReefError } from "../../core/errors.ts";
import type { Ending } from "./commit.ts";
import type { Run } from "./link.ts";
import { quoteName } from "./session.ts";
import { codeOf } from "./translate-error.ts";

/** The statements that lead from one version to the next. */
export type Migration = readonly string[];

export interface MigrateOptions {
  readonly schema: string;
  readonly migrations: readonly Migration[];
  /** The server, in texts. */
  readonly shown: string;
}

/** What of a server is needed to migrate. */
interface Migrated {
  read<T>(ask: (run: Run) => Promise<T>): Promise<T>;
  transaction<T>(work: (run: Run) => Promise<Ending<T>>): Promise<T>;
}

/** undefined_table, invalid_schema_name. */
const missing = new Set(["42P01", "3F000"]);

/**
 * duplicate_schema, duplicate_table, duplicate_object (a table is a type, too), and unique_violation in the catalogue:
 * another one made it at the same time.
 */
const made = new Set(["42P06", "42P07", "42710", "23505"]);

/** @throws {ReefError} `failed_precondition` when a newer version made the tables */
export async function migrate(server: Migrated, options: MigrateOptions): Promise<void> {
  const { migrations } = options;
  // Without a right to make anything, because mostly it is all there.
  const version = await server.read((run) => versionOf(run, options));
  if (version === migrations.length) return;
  await server.read((run) => makeFirst(run, options));
  await server.transaction(async (run) => {
    const from = await versionOf(run, options, "FOR UPDATE");
    const statements = migrations.slice(from).flat();
    const done = `UPDATE migration SET version = ${migrations.length}`;
    return { last: [...statements, done].map((text) => [text] as const), value: undefined };
  });
}

async function versionOf(run: Run, options: MigrateOptions, lock = ""): Promise<number> {
  const { migrations, schema, shown } = options;
  try {
    const [row] = await run<{ version: number }>(`SELECT version FROM migration ${lock}`);
    const version = row?.version ?? 0;
    if (version <= migrations.length) return version;
    throw new ReefError(
      "failed_precondition",
      `Cannot open schema "${schema}" of "${shown}": it has version ${version}, this reef knows ` +
        `${migrations.length}; use the version of reef that wrote it, or a newer one`,
      { maybeExecuted: false },
    );
  } catch (error) {
    if (missing.has(codeOf(error))) return 0;
    throw error;
  }
}

async function makeFirst(run: Run, { schema }: MigrateOptions): Promise<void> {
  const statements = [
    `CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`,
    "CREATE TABLE IF NOT EXISTS migration (one integer PRIMARY KEY, version bigint NOT NULL)",
    "INSERT INTO migration VALUES (0, 0) ON CONFLICT (one) DO NOTHING",
  ];
  for (const text of statements) {
    try {
      // One after the other: each needs the one before.
      // oxlint-disable-next-line no-await-in-loop
      await run(text);
    } catch (error) {
      if (!made.has(codeOf(error))) throw error;
    }
  }
}
