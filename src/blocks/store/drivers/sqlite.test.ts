/** The suite on a file, and what only a file can do: be copied and put back. */
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { storeConformance } from "../conformance.ts";
import { openWatch, refused, shown, tableOf } from "../conformance/fixture.ts";
import { openSqliteStore } from "./sqlite.ts";
import { openTestSqlite } from "./sqlite/test-store.ts";

storeConformance("sqlite", { open: openTestSqlite, survives: "power" });

// What is written is on its way into the tree all the time, which otherwise begins after thousands of writes.
storeConformance("sqlite", {
  variant: "with a small overlay",
  open: (limits) => openTestSqlite({ ...limits, generationRowsMax: 2 }),
  survives: "power",
});

test("openSqliteStore() names the entry that is not as it was written", async () => {
  await using it = await openTestSqlite();
  await it.store.database("shop").table("orders").put("a/1", "paid");
  await it.store[Symbol.asyncDispose]();
  const path = join(it.folder, "store");
  using file = new DatabaseSync(path);
  file.exec("UPDATE entry SET value = CAST('lost' AS BLOB)");
  file.close();
  await assert.rejects(openSqliteStore({ path }), {
    code: "data_loss",
    message: /entry "a\/1" in table "orders" of database "shop"/,
  });
});

test("openSqliteStore() finds what a killed store had in its history only, and goes on with it", async () => {
  await using it = await openTestSqlite();
  const table = tableOf(it);
  await using watch = await openWatch(table);
  await table.batch(["a", "b", "c"].map((key) => ({ kind: "put", key, value: "1" })));
  await table.put("a", "2");
  const revision = await table.put("d", "1");
  await table.delete("b");
  // As the files are at this moment, so a kill would leave them.
  const path = join(it.folder, "left");
  for (const end of ["", "-wal"]) await copyFile(join(it.folder, `store${end}`), `${path}${end}`);
  {
    using file = new DatabaseSync(path, { readOnly: true });
    assert.equal(file.prepare("SELECT count(*) AS n FROM entry").get()?.n, 0);
  }
  for (const start of ["after the kill", "after an orderly end"]) {
    await using store = await openSqliteStore({ path });
    const left = store.database("default").table("trips");
    assert.deepEqual(shown((await left.list()).items), ["a=2", "c=1", "d=1"], start);
    assert.equal((await left.get("d"))?.revision, revision);
    await using resumed = await openWatch(left, { after: watch.start });
    assert.deepEqual(await resumed.changes(4), ["a=1 b=1 c=1", "a=2", "d=1", "-b"]);
  }
  using file = new DatabaseSync(path, { readOnly: true });
  assert.equal(file.prepare("SELECT count(*) AS n FROM entry").get()?.n, 3);
});

test("restore() puts the content of a backup back, and begins another history", async () => {
  await using it = await openTestSqlite();
  const table = tableOf(it);
  await table.put("a", "1");
  await it.store.backup(join(it.folder, "copy"));
  await using watch = await openWatch(table);
  const waiting = watch.next();
  await table.put("a", "2");
  await waiting;
  const next = watch.next();
  await Promise.all([refused(next, "out_of_range"), it.store.restore(join(it.folder, "copy"))]);
  assert.deepEqual(shown((await table.list()).items), ["a=1"]);
  await table.put("a", "3");
  const lost = await openWatch(table, { after: watch.start });
  await refused(lost.next(), "out_of_range");
});

test("restore() of another store's backup leaves its entries the time that they had", async () => {
  const hourMs = 3_600_000;
  await using old = await openTestSqlite();
  await old.advance(1_000 * hourMs);
  await tableOf(old).put("a", "1", { ttlMs: hourMs });
  await old.store.backup(join(old.folder, "copy"));
  await using it = await openTestSqlite();
  await it.advance(1_000 * hourMs);
  await tableOf(it).put("b", "1");
  const restoring = it.store.restore(join(old.folder, "copy"));
  await tableOf(it).put("c", "1", { ttlMs: hourMs });
  await restoring;
  assert.equal((await tableOf(it).get("a"))?.ttlMs, hourMs);
  await it.advance(hourMs - 1);
  assert.deepEqual(shown((await tableOf(it).list()).items), ["a=1", "c=1"]);
  await it.advance(1);
  assert.deepEqual(shown((await tableOf(it).list()).items), []);
});

test("a watch of a store that is closed ends with unavailable", async () => {
  await using it = await openTestSqlite();
  await using watch = await openWatch(tableOf(it));
  await Promise.all([refused(watch.next(), "unavailable"), it.store[Symbol.asyncDispose]()]);
});
