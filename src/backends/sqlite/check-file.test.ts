import assert from "node:assert/strict";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { checkTrees } from "./check-file.ts";
import { openReader, openWriter } from "./open-connection.ts";
import { openFolder } from "./test-file.ts";

test("checkTrees() finds a tree that is broken below rows that nobody reads", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "rows.db");
  {
    using db = openWriter(path);
    db.exec("CREATE TABLE entry (key TEXT PRIMARY KEY, value BLOB) STRICT, WITHOUT ROWID");
    const insert = db.prepare("INSERT INTO entry VALUES (?, ?)");
    for (let n = 0; n < 1_000; n += 1) insert.run(`key-${n}`, new Uint8Array(100));
    checkTrees(db, "rows.db");
  }
  await using file = await open(path, "r+");
  // The head of the last page: which cells it has.
  const { size } = await file.stat();
  await file.write(new Uint8Array(8), 0, 8, size - 4_096);
  using db = openReader(path);
  assert.throws(() => checkTrees(db, "rows.db"), {
    code: "data_loss",
    message: /"rows.db": the file is damaged, .+; stop the platform and restore a backup/,
  });
});
