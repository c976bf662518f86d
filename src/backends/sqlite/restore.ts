/** Puts the content of a backup in the place of what is there: one transaction, so readers see the one or the other. */
import { basename } from "node:path";
import { backup, type DatabaseSync } from "node:sqlite";
import { checkTrees } from "./check-file.ts";
import { migrate, refuseNewer, type Versions, versionOf } from "./migrate.ts";
import { openReader } from "./open-connection.ts";
import type { WriterSetup } from "./protocol.ts";

/** All: nobody waits for a part of it. */
const pagesAtOnce = 2 ** 31 - 1;

/** `db` is the writer's connection, between two transactions. */
export async function restore(
  db: DatabaseSync,
  from: string,
  { path, schema, conversions }: Versions & Pick<WriterSetup, "path">,
): Promise<void> {
  const source = openReader(from);
  try {
    const name = basename(from);
    refuseNewer(versionOf(source, name), schema, name);
    checkTrees(source, name);
    await backup(source, path, { rate: pagesAtOnce });
  } finally {
    source.close();
  }
  migrate(db, { schema, conversions }, basename(path));
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}
