import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { rowChecksum } from "../../../../backends/sqlite/row-checksum.ts";
import { openFolder } from "../../../../backends/sqlite/test-file.ts";
import { openWatch, refused, shown } from "../../conformance/fixture.ts";
import { openSqliteStore } from "../sqlite.ts";
import { schema } from "./schema.ts";

const place = "default trips";
const epoch = "0123456789abcdef";
const writes = 40;
/** Of the first ones nothing is known any more. */
const forgotten = 3;

/** A store as the first version left it: 40 writes of two keys each, of which the last one deletes. */
function writeFirstVersion(path: string): void {
  using db = new DatabaseSync(path);
  for (const statement of schema[0] ?? []) db.exec(statement);
  db.exec(`PRAGMA application_id = ${0x72656566}; PRAGMA user_version = 1`);
  const insert = db.prepare("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)");
  for (let revision = forgotten + 1; revision <= writes; revision++) {
    for (const [ordinal, name] of ["a", "b"].entries()) {
      const value = revision === writes && name === "b" ? null : Buffer.from(`${revision}`);
      const key = Buffer.from(name);
      const checksum = rowChecksum(revision, place, key, value);
      insert.run(revision, ordinal, place, key, value, checksum);
    }
  }
  const entry = [place, Buffer.from("a"), Buffer.from(`${writes}`), writes, 1e15] as const;
  db.prepare("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)").run(...entry, rowChecksum(...entry));
  db.prepare("UPDATE store SET epoch = ?, revision = ?, forgotten = ?, kept_bytes = 99").run(
    epoch,
    writes,
    forgotten,
  );
}

test("openSqliteStore() adopts a store of the first version with its entries and its history", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "store");
  writeFirstVersion(path);
  for (const start of ["first", "second"]) {
    await using store = await openSqliteStore({ path });
    const table = store.database("default").table("trips");
    assert.deepEqual(shown((await table.list()).items), [`a=${writes}`], start);
    assert.notEqual((await table.get("a"))?.ttlMs, undefined);
    await using watch = await openWatch(table, { after: { epoch, revision: writes - 3 } });
    const changes = await watch.changes(3);
    assert.deepEqual(changes, [38, 39].map((n) => `a=${n} b=${n}`).concat("a=40 -b"));
    await using all = await openWatch(table, { after: { epoch, revision: forgotten } });
    assert.equal((await all.changes(writes - forgotten)).length, writes - forgotten);
    const lost = await openWatch(table, { after: { epoch, revision: forgotten - 1 } });
    await refused(lost.next(), "out_of_range");
  }
  await using store = await openSqliteStore({ path });
  const table = store.database("default").table("trips");
  assert.equal(await table.put("c", "1", { expectedRevision: 0 }), writes + 1);
});

test("openSqliteStore() names the write of a first version that is not as it was written", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "store");
  writeFirstVersion(path);
  {
    using db = new DatabaseSync(path);
    db.exec("UPDATE history SET value = CAST('forged' AS BLOB) WHERE revision = 20");
  }
  await assert.rejects(openSqliteStore({ path }), {
    code: "data_loss",
    message: /write "a" in the history in table "trips" of database "default"/,
  });
});
