/** The embedded engine on disks that break: what is acknowledged is kept, reads go on, and it heals. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ReefError } from "../../src/core/errors.ts";
import { assertAllThere, startWriting } from "../../src/backends/sqlite/test-acknowledged.ts";
import { listEntries } from "../../src/backends/sqlite/test-counter.ts";
import { bytes, openCounter, openFolder } from "../../src/backends/sqlite/test-file.ts";
import { missingForDisks, openSmallDisk } from "./mounted-disk.ts";
import { powerLoss } from "./power-loss.ts";

test("write() keeps all that it acknowledged through power failures", async (t) => {
  const missing = missingForDisks(["mkfs.xfs", "xfs_io"]);
  if (missing !== undefined) return t.skip(missing);
  const acknowledged = await powerLoss({
    async run(folder, cutPower) {
      await using writing = startWriting([folder, "key"]);
      await writing.until(() => writing.acknowledged.length >= 2_000);
      cutPower();
      await writing.kill();
      return writing.acknowledged;
    },
    check: assertAllThere,
  });
  return t.diagnostic(`${acknowledged.length} acknowledged, none lost`);
});

test("write() fails on a full disk, reads go on, and it heals when there is space", async (t) => {
  const missing = missingForDisks();
  if (missing !== undefined) return t.skip(missing);
  await using disk = await openSmallDisk(1024 * 1024);
  const ballast = join(disk.path, "ballast");
  await writeFile(ballast, new Uint8Array(256 * 1024));
  const acknowledged: string[] = [];
  {
    await using counter = await openCounter(disk.path);
    const failure = await writeUntilItFails(async (n) => {
      const key = `key-${n}`;
      await counter.write("put", { key, value: bytes(`value of ${key}`.padEnd(1_000)) });
      acknowledged.push(key);
    });
    assert.equal(failure.code, "resource_exhausted");
    assert.match(failure.message, /the disk is full; free some space/);
    assert.equal(failure.maybeExecuted, false);
    assert.equal(listEntries(counter.reader).length, acknowledged.length);
    await rm(ballast);
    await counter.write("put", { key: "healed", value: bytes("value") });
    assert.equal(listEntries(counter.reader).length, acknowledged.length + 1);
  }
  await using again = await openCounter(disk.path);
  await again.check();
  const keys = new Set(listEntries(again.reader).map(({ key }) => key));
  assert.deepEqual(keys, new Set([...acknowledged, "healed"]));
  return undefined;
});

test("write() acknowledges nothing while fsync fails, reads go on, and it heals", async (t) => {
  if (spawnSync("strace", ["-V"]).error !== undefined) return t.skip("there is no strace here");
  await using folder = await openFolder();
  // Long enough that the way out of it, a new log, fails several times too.
  const inject = "inject=fsync,fdatasync:error=EIO:when=100..120";
  const trace = ["strace", "-f", "-qq", "-o", join(folder.path, "trace"), "-e", inject];
  await using writing = startWriting([folder.path, "key", "retry"], { through: trace });
  await writing.until(() => writing.failures.length > 0);
  const before = writing.acknowledged.length;
  await writing.until(() => writing.acknowledged.length >= before + 1_000);
  await writing.kill();
  assert.deepEqual(new Set(writing.failures), new Set(["unavailable"]));
  await assertAllThere(folder.path, writing.acknowledged);
  return t.diagnostic(`${writing.failures.length} refused, then healed`);
});

async function writeUntilItFails(write: (n: number) => Promise<void>): Promise<ReefError> {
  for (let n = 0; n < 10_000; n += 1) {
    try {
      await write(n);
    } catch (error) {
      return ReefError.from(error);
    }
  }
  throw new Error("It never failed");
}
