import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { GroupCommit } from "./group-commit.ts";
import { migrate } from "./migrate.ts";
import { openReader, openWriter } from "./open-connection.ts";
import { unpackOutputs } from "./pack-units.ts";
import type { UnitRequest } from "./protocol.ts";
import { counterSchema, counterUnits } from "./test-counter.ts";
import { bytes, openFolder } from "./test-file.ts";

/** SQLITE_IOERR_FSYNC. */
const fsyncFailed = 1034;

const units = {
  ...counterUnits.units,
  failDisk(): void {
    throw Object.assign(new Error("disk I/O error"), { errcode: fsyncFailed });
  },
};

const versions = { schema: counterSchema, conversions: {} };

function put(key: string): UnitRequest {
  return { name: "put", input: { key, value: bytes("value") } };
}

test("run() begins a new log after a failing disk, and commits nothing until it can", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "counter.db");
  using db = openWriter(path);
  migrate(db, versions, "counter.db");
  db.exec("PRAGMA busy_timeout = 0");
  const commit = new GroupCommit(db, { units }, "counter.db");
  for (let n = 0; n < 20; n += 1) commit.run([put(`key-${n}`)]);
  const logBytes = statSync(`${path}-wal`).size;
  const failed = commit.run([put("lost"), { name: "failDisk", input: undefined }]);
  assert(failed.kind === "failed");
  assert.equal(failed.error.code, "unavailable");
  assert.equal(failed.damaged, false);
  {
    using reader = openReader(path);
    reader.exec("BEGIN; SELECT * FROM entry");
    const refused = commit.run([put("refused")]);
    assert(refused.kind === "failed");
    assert.equal(refused.error.code, "unavailable");
    assert.equal(refused.error.maybeExecuted, false);
  }
  assert.equal(commit.run([put("healed")]).kind, "committed");
  assert(statSync(`${path}-wal`).size < logBytes);
  const { n } = db.prepare("SELECT count(*) AS n FROM entry").get() ?? {};
  assert.equal(n, 21);
});

test("run() undoes only the unit that failed with something written", async () => {
  await using folder = await openFolder();
  using db = openWriter(join(folder.path, "counter.db"));
  migrate(db, versions, "counter.db");
  const commit = new GroupCommit(db, { units }, "counter.db");
  const together = commit.run([put("a"), put("b")]);
  assert(together.kind === "committed");
  assert.deepEqual(unpackOutputs(together.outputs), [1, 2]);
  const mixed = commit.run([put("c"), { name: "fail", input: { key: "half" } }, put("d")]);
  assert(mixed.kind === "committed");
  assert.deepEqual(unpackOutputs(mixed.outputs), [3, undefined, 4]);
  assert.deepEqual(
    mixed.failures.map(({ index, error }) => [index, error.code]),
    [[1, "invalid_argument"]],
  );
  const rows = db.prepare("SELECT key FROM entry ORDER BY key").all();
  assert.deepEqual(
    rows.map(({ key }) => key),
    ["a", "b", "c", "d"],
  );
});
