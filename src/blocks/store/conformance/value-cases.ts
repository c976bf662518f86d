/** Cases about what is kept: bytes, exactly, each in its place. */
import assert from "node:assert/strict";
import type { StoreCase } from "../conformance.ts";
import { textOf, valueBytesMax } from "../index.ts";
import { listAll, refused, shown, tableOf } from "./fixture.ts";
import { hostileKeys } from "./hostile-keys.ts";

export const valueCases: readonly StoreCase[] = [
  {
    name: "get() returns what put() wrote last, and undefined where nothing is",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      assert.equal(await table.get("a"), undefined);
      await table.put("a", "1");
      const revision = await table.put("a", "2");
      const entry = await table.get("a");
      assert.deepEqual(entry, { key: bytes("a"), value: bytes("2"), revision });
      assert.equal(textOf(entry?.value ?? assert.fail()), "2");
    },
  },
  {
    name: "keys and values are any bytes, and every key is another one",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      for (const key of hostileKeys) await table.put(key, key);
      for (const key of hostileKeys) {
        const entry = await table.get(key);
        assert.deepEqual(
          [entry?.key, entry?.value],
          [key, key],
          `key ${Buffer.from(key).toString("hex")}`,
        );
      }
      assert.equal((await listAll(table)).length, hostileKeys.length);
      for (const key of hostileKeys) assert.equal(await table.delete(key), true);
      assert.deepEqual((await table.list()).items, []);
    },
  },
  {
    name: "text means its UTF-8, as a key and as a value",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("gr\u00fcn", "\u{1f40b}");
      const entry = await table.get(Buffer.from("gr\u00fcn"));
      assert.deepEqual(entry?.value, bytes("\u{1f40b}"));
    },
  },
  {
    name: "text with half a surrogate pair is refused, instead of becoming another key",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("a\ufffd", "1");
      for (const half of ["a\ud800", "a\udc00"]) {
        await refused(table.get(half), "invalid_argument");
        await refused(table.put(half, "2"), "invalid_argument");
        await refused(table.put("b", half), "invalid_argument");
        await refused(table.delete(half), "invalid_argument");
        await refused(table.list({ prefix: half }), "invalid_argument");
      }
      assert.deepEqual(shown((await table.list()).items), ["a\ufffd=1"]);
    },
  },
  {
    name: "put() keeps a large value as it is, and an empty one",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const large = new Uint8Array(valueBytesMax).map((_, index) => (index * 31) % 251);
      await table.put("large", large);
      await table.put("empty", "");
      // Not by deepEqual: what it says of a million bytes takes minutes and all memory.
      assert(Buffer.from((await table.get("large"))?.value ?? "").equals(large), "not as it was");
      assert.deepEqual((await table.get("empty"))?.value, new Uint8Array());
    },
  },
  {
    name: "what goes in and what comes out share nothing with the caller",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const [key, value] = [bytes("a"), bytes("1")];
      const writing = table.put(key, value);
      key.fill(0);
      value.fill(0);
      await writing;
      const get = () => table.get("a");
      const first = async () => (await table.list()).items[0];
      for (const look of [get, get, first, first]) {
        const entry = await look();
        assert.deepEqual([entry?.key, entry?.value], [bytes("a"), bytes("1")]);
        entry?.key.fill(0);
        entry?.value.fill(0);
      }
      assert.deepEqual(shown((await table.list()).items), ["a=1"]);
    },
  },
  {
    name: "databases and tables are kept apart",
    async run(open) {
      await using it = await open();
      const places = [
        ["default", "trips"],
        ["default", "trips-2"],
        ["other", "trips"],
        ["default-trips", "a"],
      ] as const;
      for (const [database, table] of places) {
        await it.store.database(database).table(table).put("a", `${database} ${table}`);
      }
      for (const [database, name] of places) {
        const table = it.store.database(database).table(name);
        assert.deepEqual(shown((await table.list()).items), [`a=${database} ${name}`]);
      }
      await it.store.database("other").table("trips").delete("a");
      assert.equal((await tableOf(it).list()).items.length, 1);
    },
  },
  {
    name: "tables() names the tables that have entries, sorted, of its database only",
    async run(open) {
      await using it = await open();
      const database = it.store.database("default");
      assert.deepEqual(await database.tables(), []);
      for (const name of ["b", "a-c", "a"]) await database.table(name).put("k", "v");
      await it.store.database("other").table("z").put("k", "v");
      await database.table("empty").get("k");
      assert.deepEqual(await database.tables(), ["a", "a-c", "b"]);
      await database.table("a").delete("k");
      assert.deepEqual(await database.tables(), ["a-c", "b"]);
      assert.deepEqual(await it.store.database("nobody").tables(), []);
    },
  },
];

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}
