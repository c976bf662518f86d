/** Several platforms on one store in PostgreSQL: they see each other's writes once, in order, and lose none. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { openPostgres } from "../../../../backends/postgres.ts";
import {
  missingForPostgres,
  openPostgresServer,
} from "../../../../backends/postgres/test-server.ts";
import { within } from "../../../../testing/within.ts";
import { increment, openWatch, refused, shown, tableOf } from "../../conformance/fixture.ts";
import { type Store, textOf } from "../../index.ts";
import { openPostgresStore } from "../postgres.ts";
import { migrations } from "./schema.ts";

const missing = missingForPostgres();
const server = missing === undefined ? await openPostgresServer() : undefined;
const url = server?.url ?? "";
after(() => server?.[Symbol.asyncDispose]());

/** Longer than a watch waits for the news of others, shorter than anybody's patience. */
const heardMs = 1_000;

test(
  "watch() hears what another platform writes, soon and in order",
  { skip: missing },
  async (t) => {
    await using both = await openBoth();
    await using watch = await openWatch(tableOf({ store: both.second }));
    const writing = tableOf({ store: both.first });
    await within(heardMs, async () => {
      const startMs = performance.now();
      await writing.put("a", "1");
      assert.deepEqual(await watch.changes(1), ["a=1"]);
      const tookMs = performance.now() - startMs;
      t.diagnostic(`heard after ${Math.round(tookMs)} ms`);
      return tookMs;
    });
    await writing.batch([
      { kind: "put", key: "b", value: "2" },
      { kind: "delete", key: "a" },
    ]);
    await tableOf({ store: both.second }).put("c", "3");
    assert.deepEqual(await watch.changes(2), ["b=2 -a", "c=3"]);
  },
);

test(
  "writes and batches of two platforms at once are one order for all watches",
  {
    skip: missing,
  },
  async () => {
    await using both = await openBoth();
    const tables = [tableOf({ store: both.first }), tableOf({ store: both.second })];
    const watches = await Promise.all([...tables, ...tables].map((table) => openWatch(table)));
    const rounds = 100;
    const written = await Promise.all(
      tables.flatMap((table, platform) =>
        Array.from({ length: rounds }, async (_, round) => {
          const name = `${platform}.${round}`;
          if (round % 3 > 0) return { revision: await table.put("k", name), shown: `k=${name}` };
          const operations = ["k", "l"].map((key) => ({ kind: "put", key, value: name }) as const);
          return { revision: await table.batch(operations), shown: `k=${name} l=${name}` };
        }),
      ),
    );
    const inOrder = written.toSorted((a, b) => a.revision - b.revision).map((each) => each.shown);
    assert.equal(new Set(written.map(({ revision }) => revision)).size, 2 * rounds);
    for (const watch of watches) {
      await using leaving = watch;
      assert.deepEqual(await leaving.changes(2 * rounds), inOrder);
    }
  },
);

test("of two platforms that expect the same revision one wins", { skip: missing }, async () => {
  await using both = await openBoth();
  const tables = [tableOf({ store: both.first }), tableOf({ store: both.second })];
  const [clients, rounds] = [4, 10];
  await Promise.all(
    Array.from({ length: clients * tables.length }, async (_, client) => {
      const table = tables[client % tables.length] ?? assert.fail();
      for (let round = 0; round < rounds; round++) await increment(table);
    }),
  );
  const count = await tables[0]?.get("count");
  assert.equal(textOf(count?.value ?? assert.fail()), `${clients * tables.length * rounds}`);
});

test(
  "of writes that share a transaction one that is refused leaves the others alone",
  { skip: missing },
  async () => {
    await using store = await openPostgresStore({ url, schema: randomUUID() });
    const table = tableOf({ store });
    await table.put("taken", "1");
    const writes = Array.from({ length: 50 }, (_, index) => {
      if (index % 10 === 0) return table.put("taken", "2", { expectedRevision: 0 });
      return table.put(`k${index}`, "2");
    });
    const settled = await Promise.allSettled(writes);
    const refusals = settled.flatMap(({ status }, index) => (status === "rejected" ? [index] : []));
    assert.deepEqual(refusals, [0, 10, 20, 30, 40]);
    assert.equal((await table.list()).items.length, 46);
  },
);

test(
  "an entry expires although the platform that wrote it is gone",
  { skip: missing },
  async () => {
    const schema = randomUUID();
    const first = await openPostgresStore({ url, schema });
    await tableOf({ store: first }).put("a", "1", { ttlMs: 300 });
    await using second = await openPostgresStore({ url, schema });
    await using watch = await openWatch(tableOf({ store: second }));
    await first[Symbol.asyncDispose]();
    assert.deepEqual([...watch.present.keys()], ["a"]);
    assert.deepEqual(await watch.changes(1), ["-a"]);
  },
);

test("platforms that start at the same time make the tables once", { skip: missing }, async () => {
  const schema = randomUUID();
  const opening = Array.from({ length: 8 }, () => openPostgresStore({ url, schema }));
  const stores = await Promise.all(opening);
  const revisions = await Promise.all(
    stores.map((store, index) => tableOf({ store }).put(`k${index}`, "1")),
  );
  assert.deepEqual(revisions.toSorted(), [1, 2, 3, 4, 5, 6, 7, 8]);
  await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
});

test("tables of a newer version are refused", { skip: missing }, async () => {
  const schema = randomUUID();
  await using raw = await openPostgres({ url, schema, migrations });
  await raw.transaction(async () => ({
    last: [["UPDATE migration SET version = 99"]],
    value: undefined,
  }));
  await assert.rejects(openPostgresStore({ url, schema }), {
    code: "failed_precondition",
    message: /it has version 99, this reef knows 1; use the version of reef that wrote it/,
  });
});

test(
  "a writer that stops in its transaction holds up the others for a moment only",
  {
    skip: missing,
  },
  async () => {
    const schema = randomUUID();
    await using store = await openPostgresStore({ url, schema });
    await using raw = await openPostgres({ url, schema, migrations });
    const table = tableOf({ store });
    await table.put("a", "1");
    const stopped = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const stopping = raw.transaction(async (run) => {
      await run("SELECT * FROM store FOR UPDATE");
      locked.resolve();
      await stopped.promise;
      return { last: [["UPDATE store SET revision = 0"]], value: undefined };
    });
    await locked.promise;
    await table.put("a", "2");
    stopped.resolve();
    await refused(stopping, "unavailable");
    await table.put("b", "3");
    assert.deepEqual(shown((await table.list()).items), ["a=2", "b=3"]);
  },
);

async function openBoth(): Promise<{ first: Store; second: Store } & AsyncDisposable> {
  const schema = randomUUID();
  const first = await openPostgresStore({ url, schema });
  const second = await openPostgresStore({ url, schema });
  return {
    first,
    second,
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
    },
  };
}
