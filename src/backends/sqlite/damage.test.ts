/** A damaged file is refused, or nothing that is read from it is wrong. */
import assert from "node:assert/strict";
import { open, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ReefError } from "../../core/errors.ts";
import { listEntries } from "./test-counter.ts";
import { bytes, openCounter, openFolder } from "./test-file.ts";

const seeds = 20;

/** Some dozens of pages: the root, pages between, and leaves. */
const entries = 2_000;

async function fillFile(folder: string): Promise<string> {
  await using counter = await openCounter(folder);
  await Promise.all(
    Array.from({ length: entries }, (_, n) =>
      counter.write("put", { key: `key-${n}`, value: bytes(`value of key-${n}`) }),
    ),
  );
  return join(folder, "counter.db");
}

test("openSqlite() refuses a file with a damaged header, and one that was cut off", async () => {
  await using folder = await openFolder();
  const path = await fillFile(folder.path);
  const whole = await readFile(path);
  await truncate(path, whole.length - 4_096);
  await assert.rejects(openCounter(folder.path), { code: "data_loss" });
  await writeFile(path, Buffer.concat([Buffer.from("not a database.."), whole.subarray(16)]));
  await assert.rejects(openCounter(folder.path), {
    code: "data_loss",
    message: /the file is damaged; stop the platform and restore a backup/,
  });
  await writeFile(path, whole);
  await using counter = await openCounter(folder.path);
  assert.equal(listEntries(counter.reader).length, entries);
});

test(`openSqlite() refuses each of ${seeds} flipped bits, or nothing that it reads is wrong`, async (t) => {
  await using folder = await openFolder();
  const path = await fillFile(folder.path);
  const whole = await readFile(path);
  let refused = 0;
  for (let seed = 0; seed < seeds; seed += 1) {
    const at = Math.floor((whole.length * (seed + 0.5)) / seeds) + seed * 37;
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (seed % 8));
    await writeFile(path, flipped);
    if (await isRefused(folder.path, `bit ${seed % 8} of byte ${at}`)) refused += 1;
  }
  t.diagnostic(`${refused} of ${seeds} were refused, the others were in unused bytes`);
  assert(refused > seeds / 2);
});

test("a file that is damaged while it is open fails all use with data_loss from then on", async () => {
  await using folder = await openFolder();
  const path = await fillFile(folder.path);
  await using counter = await openCounter(folder.path);
  const { size } = await stat(path);
  await using file = await open(path, "r+");
  await file.write(Buffer.alloc(size - 4_096, 0xa5), 0, size - 4_096, 4_096);
  const checked = await counter.check().catch((error: unknown) => error);
  assert(checked instanceof ReefError && checked.code === "data_loss");
  assert.throws(() => counter.reader.all("SELECT 1"), { code: "data_loss" });
  await assert.rejects(counter.write("put", { key: "a", value: bytes("b") }), {
    code: "data_loss",
  });
});

/** False when everything that was written is read as it was. */
async function isRefused(folder: string, where: string): Promise<boolean> {
  try {
    await using counter = await openCounter(folder);
    const found = listEntries(counter.reader);
    assert.equal(found.length, entries, where);
    for (const { key, value } of found) {
      assert.equal(Buffer.from(value).toString(), `value of ${key}`, where);
    }
    return false;
  } catch (error) {
    if (error instanceof ReefError && error.code === "data_loss") return true;
    // An application id that is not ours any more.
    if (error instanceof ReefError && error.code === "failed_precondition") return true;
    throw error;
  }
}
