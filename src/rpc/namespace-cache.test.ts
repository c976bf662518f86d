import assert from "node:assert/strict";
import { test } from "node:test";

import { openTestNamespaces } from "../blocks/namespaces/drivers/store/test-namespaces.ts";
import { createMemoryRegistry } from "../blocks/registry/drivers/memory.ts";
import { ReefError } from "../core/errors.ts";
import { NamespaceCache } from "./namespace-cache.ts";
import { openNodeCache } from "./node-cache.ts";
import { list, listedName, nodeOf } from "./test-nodes.ts";

async function openCache() {
  await using opening = new AsyncDisposableStack();
  const { namespaces } = opening.use(await openTestNamespaces());
  const cache = new NamespaceCache();
  opening.use(cache.follow(namespaces));
  await cache.present;
  const stack = opening.move();
  return { namespaces, cache, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("NamespaceCache knows what is there, what is not, and the bases in their order", async () => {
  await using it = await openCache();
  const { namespaces, cache } = it;
  assert.deepEqual([cache.lacks("default"), cache.lacks("a")], [false, true]);
  await namespaces.create({ name: "a", base: "default", quotas: { keys: 1 } });
  await namespaces.create({ name: "b", base: "a" });
  await cache.heard("b");
  assert.deepEqual(cache.get("a")?.quotas, { keys: 1 });
  assert.deepEqual(cache.basesOf("b"), ["a", "default"]);
  const changed = Promise.withResolvers<void>();
  using _ = cache.onChange(changed.resolve);
  await namespaces.change("a", { without: ["base"] });
  await changed.promise;
  assert.deepEqual(cache.basesOf("b"), ["a"]);
});

test("NamespaceCache lacks nothing while it was told nothing, and says when it will not be", async () => {
  const cache = new NamespaceCache();
  const unavailable = new ReefError("unavailable", "Not there");
  await using _ = cache.follow({
    watch() {
      throw unavailable;
    },
  });
  await cache.present;
  assert.equal(cache.lacks("anything"), false);
});

test("openNodeCache() finds in a base what a namespace lacks, and its own first", async () => {
  await using it = await openCache();
  await it.namespaces.create({ name: "fix", base: "default" });
  await it.cache.heard("fix");
  const registry = createMemoryRegistry();
  await using _ = await list(registry, nodeOf("base"));
  await using cache = openNodeCache({ registry, bases: it.cache });
  const { service } = listedName;
  const first = cache.find("fix", service);
  await new Promise<void>((resolve) => {
    if (first?.unknown ?? true) resolve();
    else first?.wait(resolve, undefined);
  });
  assert.equal(cache.find("fix", service)?.namespace, "default");
  const own = await list(registry, nodeOf("own", { namespace: "fix" }));
  await new Promise(setImmediate);
  assert.equal(cache.find("fix", service)?.namespace, "fix");
  assert.equal(cache.find("default", service)?.namespace, "default");
  assert.equal(cache.find("acme", service), undefined);
  await own[Symbol.asyncDispose]();
  await new Promise(setImmediate);
  assert.equal(cache.find("fix", service)?.namespace, "default");
});
