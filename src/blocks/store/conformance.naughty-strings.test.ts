/** Every string over which programs have stumbled in public, as a key, a value and a prefix, on every driver. */
import assert from "node:assert/strict";
import { test } from "node:test";
import naughtyStrings from "big-list-of-naughty-strings/blns.json" with { type: "json" };
import { missingForPostgres, postgresForTests } from "../../backends/postgres/test-server.ts";
import type { OpenStore } from "./conformance.ts";
import { listAll, tableOf } from "./conformance/fixture.ts";
import { openTestMemory } from "./drivers/memory/test-store.ts";
import { openTestPostgres } from "./drivers/postgres/test-store.ts";
import { openTestSqlite } from "./drivers/sqlite/test-store.ts";
import { keyBytesMax, type Operation, textOf } from "./index.ts";
import { openRemote } from "./remote/test-remote.ts";

/** As keys each of them once; one is longer than a key may be. */
const keys = [...new Set(naughtyStrings)].filter((text) => Buffer.byteLength(text) <= keyBytesMax);
const url = postgresForTests();
const drivers: { readonly [name: string]: OpenStore } = {
  memory: openTestMemory,
  sqlite: openTestSqlite,
  postgres: async (limits) => openTestPostgres(await url(), limits),
};

for (const [driver, open] of Object.entries(drivers)) {
  const skip = driver === "postgres" && missingForPostgres();
  test(`${driver} keeps every string of the big list`, { skip }, async () => {
    await using it = await open();
    await keepAll(it);
  });
  test(`remote store on ${driver} keeps every string of the big list`, { skip }, async () => {
    await using it = await openRemote("unix", await open());
    await keepAll(it);
  });
}

async function keepAll(it: Parameters<typeof tableOf>[0]): Promise<void> {
  assert(keys.length > 450, `only ${keys.length} strings`);
  const table = tableOf(it);
  await table.batch(keys.map((key): Operation => ({ kind: "put", key, value: key })));
  for (const key of keys) {
    const entry = await table.get(key);
    assert.deepEqual(entry && [textOf(entry.key), textOf(entry.value)], [key, key]);
    const { items } = await table.list({ prefix: key, limit: 1 });
    assert.equal(items[0] && textOf(items[0].key), key, "the first of a prefix is the prefix");
  }
  const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(
    (await listAll(table)).map(({ key }) => textOf(key)),
    sorted,
  );
  await table.batch(keys.map((key): Operation => ({ kind: "delete", key })));
  assert.deepEqual((await table.list()).items, []);
}
