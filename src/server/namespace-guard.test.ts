import assert from "node:assert/strict";
import { test } from "node:test";

import { openTestNamespaces } from "../blocks/namespaces/drivers/store/test-namespaces.ts";
import { createMemoryRegistry } from "../blocks/registry/drivers/memory.ts";
import type { Registry } from "../blocks/registry/index.ts";
import { SeenRegistry } from "../blocks/registry/service/access.ts";
import type { Rule } from "../core/access-rules.ts";
import { anonymous, type Caller, callerOf } from "../core/identity.ts";
import { NamespaceCache } from "../rpc/namespace-cache.ts";
import { createNamespaceGuard } from "./namespace-guard.ts";

const tenant = callerOf({ account: "user:ann", namespace: "acme", scopes: ["owner"] });
const branch = callerOf({ account: "service:shop", namespace: "fix", scopes: ["service"] });
const owner = callerOf({ account: "user:owner", namespace: "default", scopes: ["owner"] });

async function openAccess(isGuarded = true, rules: readonly Rule[] = []) {
  await using opening = new AsyncDisposableStack();
  const { namespaces } = opening.use(await openTestNamespaces());
  await namespaces.create({ name: "acme" });
  await namespaces.create({ name: "fix", base: "default" });
  const cache = new NamespaceCache();
  opening.use(cache.follow(namespaces));
  await cache.present;
  const hasAccount = async () => false;
  const homeRules = async () => rules;
  const guard = createNamespaceGuard({ cache, isGuarded, hasAccount, homeRules });
  const access = guard.registry;
  const stack = opening.move();
  return { namespaces, access, guard, cache, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function expectIn(registry: Registry, namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces) {
    // oxlint-disable-next-line no-await-in-loop
    await registry.expect({ namespace, service: "shop" });
  }
}

test("createNamespaceGuard() shows to each his own, his bases and the platform, to owners of the home all", async () => {
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

test("createNamespaceGuard() lets nobody list a service elsewhere, nor in a namespace that is not there", async () => {
  await using it = await openAccess();
  const check = async (caller: Caller, namespace: string) =>
    it.access.hold(caller, { namespace, service: "shop" });
  await check(tenant, "acme");
  await check(owner, "acme");
  await assert.rejects(check(tenant, "default"), { code: "permission_denied" });
  // What a branch calls in its base it cannot replace there.
  await assert.rejects(check(branch, "default"), { code: "permission_denied" });
  await assert.rejects(check(owner, "other"), {
    code: "not_found",
    message: /namespace create other/,
  });
});

test("createNamespaceGuard() trusts nobody known where nobody is asked who he is, but for the namespace", async () => {
  await using it = await openAccess(false);
  assert.equal(it.access.sees(anonymous, "acme"), true);
  assert.equal(it.access.sees(branch, "acme"), false);
  await it.access.hold(anonymous, { namespace: "acme", service: "shop" });
  await assert.rejects(
    async () => it.access.hold(anonymous, { namespace: "other", service: "shop" }),
    {
      code: "not_found",
    },
  );
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

test("createNamespaceGuard() lists as many services as the quota says, each with any nodes", async () => {
  await using it = await openAccess();
  await it.namespaces.change("acme", { quotas: { services: 2 } });
  while (it.cache.get("acme")?.quotas.services !== 2) {
    // oxlint-disable-next-line no-await-in-loop -- until the watch has told it
    await new Promise(setImmediate);
  }
  const hold = async (service: string) => it.access.hold(tenant, { namespace: "acme", service });
  const first = await hold("a");
  const second = await hold("b");
  await hold("b");
  await assert.rejects(hold("c"), {
    code: "resource_exhausted",
    message: /"acme" has a quota of 2 services; "reef namespace change acme --services N"/,
  });
  second[Symbol.dispose]();
  await assert.rejects(hold("c"), { code: "resource_exhausted" });
  first[Symbol.dispose]();
  await hold("c");
});

test("createNamespaceGuard() shows to each his own namespace and its bases, and only owners of the home change any", async () => {
  await using it = await openAccess();
  const { namespaces: access } = it.guard;
  const shown = (caller: Caller) =>
    ["acme", "default", "fix", "reef"].filter((name) => access.sees(caller, name)).join(" ");
  assert.deepEqual([tenant, branch, owner].map(shown), [
    "acme reef",
    "default fix reef",
    "acme default fix reef",
  ]);
  access.checkChange(owner);
  for (const caller of [anonymous, tenant, branch]) {
    assert.throws(() => access.checkChange(caller), { code: "permission_denied" });
  }
});

test("createNamespaceGuard() lets nobody of another namespace say what runs, whose program could read the identity of the owner", async () => {
  await using it = await openAccess();
  for (const method of ["run", "update"] as const) {
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(it.guard.checkProgram(tenant, method), {
      code: "permission_denied",
      message:
        `Cannot run programs: a program may do what the platform's user may, and its caller is of "acme"; an owner ` +
        `of "default" allows it by "reef auth put-rule programs-acme --scope +acme --resource block:runtime"`,
    });
    // oxlint-disable-next-line no-await-in-loop
    await it.guard.checkProgram(owner, method);
  }
});

test("createNamespaceGuard() lets a rule of the home say which other namespace may run programs", async () => {
  const resource = { type: "block", name: "runtime", endpoint: "*" };
  const given = { id: "programs-acme", scope: "+acme", resource, priority: 0 } as const;
  await using it = await openAccess(true, [{ ...given, access: "granted" }]);
  await it.guard.checkProgram(tenant, "run");
  await assert.rejects(it.guard.checkProgram(branch, "run"), { code: "permission_denied" });
});
