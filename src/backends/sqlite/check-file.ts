/**
 * Finds a damaged file before anything is read from it.
 *
 * SQLite checks the shape of the pages that it meets, not the bytes in them. So a check reads every page of the trees
 * (`quick_check`), then hands every row to the driver, whose rows carry a checksum (`row-checksum.ts`).
 */
import type { DatabaseSync } from "node:sqlite";
import { ReefError } from "../../core/errors.ts";
import { createStatements } from "./statements.ts";
import type { CheckRows } from "./units.ts";

/** Up to here a start waits for the check, about 0.1 s; a larger file is checked beside the work that begins. */
export const checkedBeforeUseBytesMax = 32 * 1024 * 1024;

/** @throws {ReefError} `data_loss`; SQLite's own errors where it cannot even read */
export function checkTrees(db: DatabaseSync, database: string): void {
  const [first] = db.prepare("PRAGMA quick_check(1)").all();
  const verdict = String(first?.quick_check);
  if (verdict === "ok") return;
  throw new ReefError(
    "data_loss",
    `Cannot use database "${database}": the file is damaged, ${verdict.replaceAll("\n", " ")}; ` +
      "stop the platform and restore a backup",
  );
}

/** @throws {ReefError} `data_loss` of the driver */
export function checkRowsOf(db: DatabaseSync, checkRows: CheckRows | undefined): void {
  checkRows?.(createStatements(db));
}
