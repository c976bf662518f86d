/** Logs as a crash leaves them, and as a disk damages them. */
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { createRandom } from "../../testing/random.ts";
import { checkLog } from "./check-log.ts";
import { openWriter } from "./open-connection.ts";
import { openFolder } from "./test-file.ts";

const transactions = 40;

const frameBytes = 24 + 4096;

/** A log with some frames for each transaction, and the bytes at which each of them ends. */
async function writeLog(folder: string): Promise<{ log: Buffer; ends: number[] }> {
  const path = join(folder, "rows.db");
  using db = openWriter(path);
  db.exec("CREATE TABLE entry (key TEXT PRIMARY KEY, value BLOB) STRICT, WITHOUT ROWID");
  // A log in which the frames of an older one are left.
  for (let n = 0; n < 100; n += 1) db.exec(`INSERT INTO entry VALUES ('old ${n}', zeroblob(900))`);
  db.exec("PRAGMA wal_checkpoint(RESTART)");
  const random = createRandom(1);
  for (let n = 0; n < transactions; n += 1) {
    const value = Buffer.from(Array.from({ length: 3_000 }, () => random() * 256));
    db.exec("BEGIN");
    const insert = db.prepare("INSERT INTO entry VALUES (?, ?)");
    for (let row = 0; row <= n % 3; row += 1) insert.run(`${n}-${row}`, value);
    db.exec("COMMIT");
  }
  await copyFile(`${path}-wal`, join(folder, "log"));
  const log = await readFile(join(folder, "log"));
  const salts = log.readBigUInt64BE(16);
  const ends: number[] = [];
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
    if (log.readBigUInt64BE(at + 8) !== salts) break;
    if (log.readUInt32BE(at + 4) > 0) ends.push(at + frameBytes);
  }
  assert.equal(ends.length, transactions);
  return { log, ends };
}

async function check(folder: string, log: Buffer): Promise<number> {
  const path = join(folder, "log");
  await writeFile(path, log);
  const file = openSync(path, "r");
  try {
    return checkLog(file, "rows.db");
  } finally {
    closeSync(file);
  }
}

test("checkLog() finds where the last transaction ends, whatever is left of the next one", async () => {
  await using folder = await openFolder();
  const { log, ends } = await writeLog(folder.path);
  const last = ends.at(-1) ?? assert.fail();
  assert(last < log.length, "there are frames of an older log");
  assert.equal(await check(folder.path, log), last);
  assert.equal(await check(folder.path, Buffer.alloc(0)), 0);
  assert.equal(await check(folder.path, Buffer.alloc(100_000)), 0);
  const random = createRandom(2);
  for (let n = 0; n < 200; n += 1) {
    const length = 32 + Math.floor(random() * (last - 32));
    const expected = ends.findLast((end) => end <= length) ?? 32;
    assert.equal(await check(folder.path, log.subarray(0, length)), expected);
  }
});

test("checkLog() takes a last transaction of which blocks never reached the disk for torn", async () => {
  await using folder = await openFolder();
  const { log, ends } = await writeLog(folder.path);
  const [before, last] = ends.slice(-2) as [number, number];
  for (let block = Math.ceil(before / 512) * 512; block + 512 <= last; block += 512) {
    for (const fill of [0x5a, 0xa5]) {
      const torn = Buffer.from(log).fill(fill, block, block + 512);
      assert.equal(await check(folder.path, torn), before);
    }
  }
});

test("checkLog() finds each flipped bit of the log, also in its last transaction", async () => {
  await using folder = await openFolder();
  const { log, ends } = await writeLog(folder.path);
  const [before, last] = ends.slice(-2) as [number, number];
  const random = createRandom(3);
  const places = [
    ...Array.from({ length: 32 }, (_, at) => at),
    ...Array.from({ length: 24 }, (_, at) => 32 + at),
    ...Array.from({ length: 24 }, (_, at) => before + at),
    ...Array.from({ length: 100 }, () => Math.floor(random() * last)),
    ...Array.from({ length: 100 }, () => before + Math.floor(random() * (last - before))),
  ];
  for (const place of places) {
    const bit = Math.floor(random() * 8);
    const flipped = Buffer.from(log);
    flipped[place] = (flipped[place] ?? 0) ^ (1 << bit);
    await assert.rejects(
      check(folder.path, flipped),
      { code: "data_loss", message: /"rows.db": its log is damaged at byte \d+; restore a backup/ },
      `bit ${bit} of byte ${place}`,
    );
  }
});

test("checkLog() finds a block that went bad behind other transactions", async () => {
  await using folder = await openFolder();
  const { log, ends } = await writeLog(folder.path);
  for (const end of ends.slice(0, -2)) {
    const bad = Buffer.from(log).fill(0xa5, end + 600, end + 1_112);
    await assert.rejects(check(folder.path, bad), { code: "data_loss" });
  }
});

test("checkLog() leaves to SQLite what SQLite reads", async () => {
  await using folder = await openFolder();
  const { log, ends } = await writeLog(folder.path);
  const cut = (ends[20] ?? 0) + 2_000;
  await writeFile(join(folder.path, "copy.db-wal"), log.subarray(0, cut));
  await copyFile(join(folder.path, "rows.db"), join(folder.path, "copy.db"));
  using db = new DatabaseSync(join(folder.path, "copy.db"));
  const { n } = db.prepare("SELECT count(*) AS n FROM entry WHERE key NOT LIKE 'old%'").get() ?? {};
  const rows = Array.from({ length: 21 }, (_, at) => 1 + (at % 3)).reduce(
    (sum, each) => sum + each,
  );
  assert.equal(n, rows);
  assert.equal(await check(folder.path, log.subarray(0, cut)), ends[20]);
});
