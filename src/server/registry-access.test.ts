import assert from "node:assert/strict";
import { test } from "node:test";

import { openTestNamespaces } from "../blocks/namespaces/drivers/store/test-namespaces.ts";
import { createMemoryRegistry } from "../blocks/registry/drivers/memory.ts";
import type { Registry } from "../blocks/registry/index.ts";
import { SeenRegistry } from "../blocks/registry/service/access.ts";
import { anonymous, type Caller, callerOf } from "../core/identity.ts";
import { NamespaceCache } from "../rpc/namespace-cache.ts";
import { createRegistryAccess } from "./registry-access.ts";

const tenant = callerOf({ account: "user:ann", namespace: "acme", scopes: ["owner"] });
const branch = callerOf({ account: "service:shop", namespace: "fix", scopes: ["service"] });
const owner = callerOf({ account: "user:owner", namespace: "default", scopes: ["owner"] });

async function openAccess(isGuarded = true) {
  await using opening = new AsyncDisposableStack();
  const { namespaces } = opening.use(await openTestNamespaces());
  await namespaces.create({ name: "acme" });
  await namespaces.create({ name: "fix", base: "default" });
  const cache = new NamespaceCache();
  opening.use(cache.follow(namespaces));
  await cache.present;
  const access = createRegistryAccess({ cache, isGuarded });
  const stack = opening.move();
  return { namespaces, access, cache, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function expectIn(registry: Registry, namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces) {
    // oxlint-disable-next-line no-await-in-loop
    await registry.expect({ namespace, service: "shop" });
  }
}

test("createRegistryAccess() shows to each his own, his bases and the platform, to owners of the home all", async () => {
  await using it = await openAccess();
  const registry = createMemoryRegistry();
  await expectIn(registry, ["acme", "default", "fix", "reef"]);
  const table: readonly (readonly [Caller, string])[] = [
    [anonymous, "default reef"],
    [tenant, "acme reef"],
    [branch, "default fix reef"],
    [owner, "acme default fix reef"],
  ];
  for (const [caller, shown] of table) {
    const seen = new SeenRegistry(registry, it.access, caller);
    // oxlint-disable-next-line no-await-in-loop
    const views = await seen.list({});
    assert.equal(views.map(({ namespace }) => namespace).join(" "), shown);
    const watch = seen.watch({})[Symbol.asyncIterator]();
    const told: string[] = [];
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop
      const { value } = await watch.next();
      if (value?.kind !== "expected") break;
      told.push(value.namespace);
    }
    assert.equal(told.join(" "), shown);
    // oxlint-disable-next-line no-await-in-loop
    await watch.return?.();
  }
  const seen = new SeenRegistry(registry, it.access, tenant);
  const { signal } = new AbortController();
  const name = { namespace: "default", service: "shop" };
  await assert.rejects(seen.resolve(name, signal), { code: "permission_denied" });
  await assert.rejects(seen.list({ namespace: "fix" }), { code: "permission_denied" });
});

test("createRegistryAccess() lets nobody list a service elsewhere, nor in a namespace that is not there", async () => {
  await using it = await openAccess();
  const check = (caller: Caller, namespace: string) =>
    it.access.checkHold(caller, { namespace, service: "shop" });
  check(tenant, "acme");
  check(owner, "acme");
  assert.throws(() => check(tenant, "default"), { code: "permission_denied" });
  // What a branch calls in its base it cannot replace there.
  assert.throws(() => check(branch, "default"), { code: "permission_denied" });
  assert.throws(() => check(owner, "other"), {
    code: "not_found",
    message: /namespace create other/,
  });
});

test("createRegistryAccess() asks nobody where nobody is asked who he is, but for the namespace", async () => {
  await using it = await openAccess(false);
  assert.equal(it.access.sees(anonymous, "acme"), true);
  it.access.checkHold(anonymous, { namespace: "acme", service: "shop" });
  assert.throws(() => it.access.checkHold(anonymous, { namespace: "other", service: "shop" }), {
    code: "not_found",
  });
});

test("a watch of the registry ends when other namespaces are shown, so that the next tells those", async () => {
  await using it = await openAccess();
  const registry = createMemoryRegistry();
  await expectIn(registry, ["acme", "default", "fix"]);
  const seen = new SeenRegistry(registry, it.access, branch);
  const read = async () => {
    for await (const event of seen.watch({})) {
      if (event.kind === "present") await it.namespaces.change("fix", { without: ["base"] });
    }
  };
  await assert.rejects(read(), { code: "unavailable" });
  assert.deepEqual(
    (await seen.list({})).map(({ namespace }) => namespace),
    ["fix"],
  );
});
