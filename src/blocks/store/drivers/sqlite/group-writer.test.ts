import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSqlite } from "../../../../backends/sqlite.ts";
import { bootIdOf } from "../../../../core/boot-clock.ts";
import { systemClock } from "../../../../core/clock.ts";
import type { Write } from "../../contract.ts";
import { placeOf } from "../rows/keys.ts";
import { limitsOf } from "../rows/limits.ts";
import { schema } from "./schema.ts";
import { SqliteRows } from "./sqlite-rows.ts";
import { type Append, storeUnits } from "./units.ts";

/** `onAppend` sees each commit on its way to the disk, and may change it. */
async function openRows(onAppend: (commit: Append) => Append) {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  const file = await openSqlite({ path: join(folder, "store"), schema, units: storeUnits });
  const write = file.write.bind(file);
  Object.assign(file, {
    write(...[name, input, options]: Parameters<typeof write>) {
      // The input of that unit.
      return write(name, name === "append" ? onAppend(input as Append) : input, options);
    },
  });
  const rows = new SqliteRows({
    file,
    fileName: "store",
    clock: systemClock,
    bootId: bootIdOf(),
    limits: limitsOf({}),
    overlay: {},
  });
  const place = placeOf("default", "trips");
  return {
    /** Resolves with the revision. */
    async put(key: string, condition: Pick<Write, "expectedRevision"> = {}): Promise<number> {
      const one = { key: Buffer.from(key), value: Buffer.from("1"), ...condition };
      return (await rows.write(place, [one])).revision;
    },
    async [Symbol.asyncDispose]() {
      await rows.close();
      await rm(folder, { recursive: true });
    },
  };
}

test("the next commit is on its way before those of the last one are told", async () => {
  const seen: string[] = [];
  let second: Promise<void> | undefined;
  await using rows = await openRows((commit) => {
    seen.push("append");
    second ??= put("b");
    return commit;
  });
  async function put(key: string): Promise<void> {
    await rows.put(key);
    seen.push(key);
  }
  await put("a");
  await second;
  assert.deepEqual(seen, ["append", "append", "a", "b"]);
});

test("a commit is decided on what is on its way, and told behind it", async () => {
  const seen: unknown[] = [];
  let later: Promise<unknown> | undefined;
  await using rows = await openRows(({ first, ...commit }) => {
    seen.push(`append ${first}`);
    later ??= Promise.allSettled([
      told(rows.put("a", { expectedRevision: 1 })),
      told(rows.put("a", { expectedRevision: 1 })),
    ]);
    return { first, ...commit };
  });
  async function told(put: Promise<number>): Promise<void> {
    await put.then(
      (revision) => seen.push(revision),
      ({ data }) => seen.push(data),
    );
  }
  await told(rows.put("a"));
  await later;
  const conflict = { key: Buffer.from("a"), revision: 2 };
  assert.deepEqual(seen, ["append 1", "append 2", 1, 2, conflict]);
});

test("a commit that was decided on one that fails is decided anew, in its turn", async () => {
  const firsts: number[] = [];
  let later: Promise<PromiseSettledResult<number>[]> | undefined;
  await using rows = await openRows((commit) => {
    const isFirst = firsts.push(commit.first) === 1;
    later ??= Promise.allSettled([rows.put("a", { expectedRevision: 1 }), rows.put("b")]);
    // The file refuses it: there is no write before it.
    return isFirst ? { ...commit, first: 7, last: 7 } : commit;
  });
  await assert.rejects(rows.put("a"), { code: "aborted", maybeExecuted: false });
  const [conflict, put] = (await later) ?? [];
  assert(conflict?.status === "rejected");
  assert.deepEqual(conflict.reason.data, { key: Buffer.from("a"), revision: 0 });
  assert.deepEqual(put, { status: "fulfilled", value: 1 });
  assert.deepEqual(firsts, [1, 2, 1]);
  assert.equal(await rows.put("c"), 2);
});
