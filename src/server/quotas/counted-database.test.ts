import assert from "node:assert/strict";
import { test } from "node:test";

import type { Quotas } from "../../blocks/namespaces/index.ts";
import { createMemoryStore } from "../../blocks/store/drivers/memory.ts";
import { ReefError } from "../../core/errors.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { CountedDatabase } from "./counted-database.ts";
import { countDatabase } from "./usage.ts";

function openCounted(given: Quotas) {
  const clock = createManualClock();
  const database = createMemoryStore({ clock }).database("acme");
  let quotas = given;
  const open = () => {
    return new CountedDatabase({
      namespace: "acme",
      database,
      quotas: () => quotas,
      nowMs: () => clock.monotonicMs(),
    });
  };
  return { clock, database, open, counted: open(), set: (next: Quotas) => void (quotas = next) };
}

const full = (quota: string) => ({
  code: "resource_exhausted",
  reason: "quota",
  maybeExecuted: false,
  message: new RegExp(`"acme" has a quota of \\d+ .*namespace change acme --${quota} N`),
});

test("CountedDatabase counts keys over all tables, and what is replaced or deleted makes room", async () => {
  const { counted } = openCounted({ keys: 3 });
  const [a, b] = [counted.table("a"), counted.table("b")];
  await a.put("1", "x");
  await b.put("1", "x");
  await a.batch([
    { kind: "put", key: "2", value: "x" },
    { kind: "delete", key: "nothing" },
  ]);
  await assert.rejects(a.put("3", "x"), full("keys"));
  await assert.rejects(b.batch([{ kind: "put", key: "3", value: "x" }]), full("keys"));
  await a.put("1", "another");
  assert.equal(await b.delete("nothing"), false);
  await assert.rejects(a.put("3", "x"), full("keys"));
  assert.equal(await b.delete("1"), true);
  await a.put("3", "x");
  await assert.rejects(a.put("4", "x"), full("keys"));
});

test("CountedDatabase counts the bytes of keys and values, also of UTF-8, and lets it become less", async () => {
  const { counted, database, set } = openCounted({ bytes: 10 });
  const table = counted.table("a");
  await table.put("ä", "12345678");
  await assert.rejects(table.put("b", ""), full("bytes"));
  await table.put("ä", "1234567");
  await table.put("b", "");
  assert.deepEqual(await countDatabase(database), { keys: 2, bytes: 10, expires: false });
  set({ bytes: 2 });
  await assert.rejects(table.put("ä", "12345678"), full("bytes"));
  await table.put("ä", "1");
});

test("CountedDatabase is never beyond a quota, however many write at once, and loses no room", async () => {
  const { counted, database } = openCounted({ keys: 20 });
  const table = counted.table("a");
  const keys = Array.from({ length: 200 }, (_, at) => String(at % 40));
  const outcomes = await Promise.allSettled(keys.map((key) => table.put(key, "x")));
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") assert.equal(ReefError.from(outcome.reason).reason, "quota");
  }
  assert.equal((await countDatabase(database)).keys, 20);
  await Promise.allSettled(keys.map((key) => table.delete(key)));
  for (const key of keys.slice(0, 20)) await table.put(key, "x");
  await assert.rejects(table.put("another", "x"), full("keys"));
});

test("CountedDatabase begins with what is there, as after a restart", async () => {
  const { counted, open } = openCounted({ keys: 2 });
  await counted.table("a").put("1", "x");
  await counted.table("a").put("2", "x");
  await assert.rejects(open().table("a").put("3", "x"), full("keys"));
  await open().table("a").put("2", "y");
});

test("CountedDatabase finds room that comes by time, looking once a second", async () => {
  const { counted, clock } = openCounted({ keys: 2 });
  const table = counted.table("a");
  await table.put("1", "x", { ttlMs: 500 });
  await table.put("2", "x");
  await clock.advance(600);
  await assert.rejects(table.put("3", "x"), full("keys"));
  await clock.advance(400);
  await Promise.allSettled([table.put("3", "x"), table.put("4", "x"), table.put("2", "y")]);
  assert.ok(await table.get("3"));
  assert.equal(await table.get("4"), undefined);
});

test("CountedDatabase gives back what a refused write would have taken", async () => {
  const { counted } = openCounted({ keys: 2 });
  const table = counted.table("a");
  await table.put("1", "x");
  const refused = { code: "aborted" };
  await assert.rejects(table.put("2", "x", { expectedRevision: 7 }), refused);
  await assert.rejects(table.delete("1", { expectedRevision: 7 }), refused);
  await table.put("2", "x");
  await assert.rejects(table.put("3", "x"), full("keys"));
});
