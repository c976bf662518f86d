/** The store cannot be reached for a while: what runs goes on, and nothing is promised that was not written down. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { sleep } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import { createMemoryStore } from "../../../store/drivers/memory.ts";
import type { Table } from "../../../store/index.ts";
import { openTestPlatform } from "./test-platform.ts";

/** A table of a store that can go away: then it refuses, or never answers. */
function createFrailTable() {
  const honest = createMemoryStore().database("reef").table("runtime");
  let state: "there" | "refusing" | "silent" = "there";
  async function pass<T>(signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> {
    if (state === "refusing") throw new ReefError("unavailable", "The store is away");
    if (state === "silent") {
      await new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(ReefError.from(signal.reason)));
      });
    }
    return await ask();
  }
  const table: Table = {
    get: (key, options) => pass(options?.signal, () => honest.get(key, options)),
    put: (key, value, options) => pass(options?.signal, () => honest.put(key, value, options)),
    delete: (key, options) => pass(options?.signal, () => honest.delete(key, options)),
    batch: (operations, options) => pass(options?.signal, () => honest.batch(operations, options)),
    list: (options) => pass(options?.signal, () => honest.list(options)),
    watch: (options) => honest.watch(options),
  };
  return {
    table,
    become(next: typeof state) {
      state = next;
    },
  };
}

async function openFrail() {
  const store = createFrailTable();
  const platform = await openTestPlatform({ desired: store.table });
  const source = join(platform.folder, "greeter.ts");
  await writeFile(source, platform.serving(["greeter"]));
  return {
    store,
    source,
    platform,
    [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
  };
}

for (const away of ["refusing", "silent"] as const) {
  test(`a store that is ${away}: run(), update() and kill() say unavailable, and nothing changes`, async () => {
    await using it = await openFrail();
    const { services } = it.platform;
    const first = await services.run({ source: it.source, name: "a" });
    const second = await services.run({ source: it.source, name: "b" });
    it.store.become(away);
    const why = away === "refusing" ? /Cannot write down .*The store is away/ : /Cannot write down/;
    const missing = { code: "unavailable", message: why };
    await Promise.all([
      assert.rejects(services.run({ source: it.source }), missing),
      assert.rejects(services.update("a"), missing),
      assert.rejects(services.kill("b"), missing),
    ]);
    assert.deepEqual(await services.list(), { items: [first, second] });
    it.store.become("there");
    await using again = await it.platform.reopen();
    const { items } = await again.services.list();
    assert.deepEqual(
      items.map(({ name }) => name),
      ["a", "b"],
    );
  });
}

test("a service that ends while the store is away is started again, and written down when that is back", async () => {
  await using it = await openFrail();
  const { services } = it.platform;
  const first = await services.run({ source: it.source });
  it.store.become("refusing");
  process.kill(first.pid ?? 0, "SIGKILL");
  let second = first;
  while (second.instance === first.instance || second.state !== "ready") {
    // oxlint-disable-next-line no-await-in-loop -- until it is back
    await sleep(10);
    // oxlint-disable-next-line no-await-in-loop
    second = (await services.list()).items[0] ?? first;
  }
  it.store.become("there");
  const { instance = "?" } = second;
  for (let text = ""; !text.includes(instance);) {
    // oxlint-disable-next-line no-await-in-loop -- until it is written
    await sleep(10);
    // oxlint-disable-next-line no-await-in-loop
    const { items } = await it.store.table.list();
    text = Buffer.from(items[0]?.value ?? []).toString();
  }
  assert.match(it.platform.warnings.join("\n"), /cannot be written down/);
});

test("a runtime that cannot read what is desired does not open", async () => {
  const store = createFrailTable();
  store.become("refusing");
  await assert.rejects(openTestPlatform({ desired: store.table }), { code: "unavailable" });
});
