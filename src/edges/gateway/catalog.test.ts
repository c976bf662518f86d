import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryRegistry } from "../../blocks/registry/drivers/memory.ts";
import { leaseDefaultMs, type Registry } from "../../blocks/registry/index.ts";
import { type Contract, contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { t } from "../../contract/builder.ts";
import { ReefError } from "../../core/errors.ts";
import { createLogger } from "../../core/log.ts";
import type { Client } from "../../rpc/client.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { Catalog } from "./catalog.ts";
import { versionHoldMs } from "./served-versions.ts";

const One = contract("one", { a: method({}) }, { version: "1.9.0" });
const OneNewer = contract("one", { a: method({}), b: method({}) }, { version: "1.10.0" });

async function openCatalog(registry: Registry = createMemoryRegistry()) {
  const clock = createManualClock();
  const lines: string[] = [];
  const disposed: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line) });
  const catalog = new Catalog({
    registry,
    namespace: "default",
    log,
    clock,
    connect: (made) => {
      const { name, version, methods } = made;
      const calls = Object.keys(methods).map((key) => [key, async () => Buffer.from("{}")]);
      const client = Object.assign(Object.fromEntries(calls), {
        [Symbol.asyncDispose]: async () => void disposed.push(`${name} ${version}`),
      });
      // The functions are not called here.
      return client as Client;
    },
  });
  await catalog.open({ signal: new AbortController().signal });
  return {
    catalog,
    registry,
    clock,
    lines,
    disposed,
    [Symbol.asyncDispose]: () => catalog[Symbol.asyncDispose](),
  };
}

let count = 0;

function register(registry: Registry, { descriptor, digest, name, version }: Contract) {
  return registry.register(
    {
      id: `${name}-${(count += 1)}`,
      namespace: "default",
      service: name,
      version,
      state: "ready",
      addresses: ["tcp://127.0.0.1:1"],
      contractDigest: digest,
      metadata: {},
    },
    { contract: descriptor },
  );
}

/** What a path answers: the version of the contract behind it, or the code of the refusal. */
function answer({ routes }: Catalog, path: string): string {
  try {
    return routes.find("POST", path).endpoint.upstream.descriptor.version;
  } catch (error) {
    return ReefError.from(error).code;
  }
}

test("a service can be called as soon as its node is listed, and not after the last is gone", async () => {
  await using open = await openCatalog();
  const { catalog, registry, clock, disposed } = open;
  assert.equal(answer(catalog, "/one/a"), "not_found");
  const first = await register(registry, One);
  await clock.settle();
  assert.equal(answer(catalog, "/one/a"), "1.9.0");
  const second = await register(registry, One);
  await first[Symbol.asyncDispose]();
  await clock.settle();
  assert.equal(answer(catalog, "/one/a"), "1.9.0");
  await second[Symbol.asyncDispose]();
  await clock.settle();
  assert.equal(answer(catalog, "/one/a"), "not_found");
  assert.deepEqual(catalog.list(), []);
  assert.deepEqual(disposed, ["one 1.9.0"]);
});

test("the newest version that is ready is served, and its old client given back", async () => {
  await using open = await openCatalog();
  const { catalog, registry, clock, disposed } = open;
  const newer = await register(registry, OneNewer);
  await using older = await register(registry, One);
  await clock.settle();
  assert.equal(answer(catalog, "/one/b"), "1.10.0");
  await newer.update({ state: "draining" });
  await clock.settle();
  assert.equal(answer(catalog, "/one/b"), "not_found");
  assert.equal(answer(catalog, "/one/a"), older.node.version);
  assert.deepEqual(disposed, ["one 1.10.0"]);
});

test("a client is given back only when the calls that use it are over", async () => {
  await using open = await openCatalog();
  const { catalog, registry, clock, disposed } = open;
  const lease = await register(registry, One);
  await clock.settle();
  const { upstream } = catalog.routes.find("POST", "/one/a").endpoint;
  upstream.enter();
  await lease[Symbol.asyncDispose]();
  await clock.settle();
  assert.deepEqual(disposed, []);
  upstream.leave();
  await clock.settle();
  assert.deepEqual(disposed, ["one 1.9.0"]);
});

test("an expected service is unavailable before its first node, and stays callable after it", async () => {
  await using open = await openCatalog();
  const { catalog, registry, clock } = open;
  await using expectation = await registry.expect({ namespace: "default", service: "one" });
  await clock.settle();
  assert.equal(answer(catalog, "/one/a"), "unavailable");
  const lease = await register(registry, One);
  await clock.settle();
  await lease[Symbol.asyncDispose]();
  await clock.settle();
  // Its client holds the call until the successor is there.
  assert.equal(answer(catalog, "/one/a"), "1.9.0");
  await expectation[Symbol.asyncDispose]();
  await clock.settle();
  assert.equal(answer(catalog, "/one/a"), "not_found");
});

test("what was known stays callable while a restarted registry waits for its nodes to come back", async () => {
  const restartable = createRestartable();
  await using open = await openCatalog(restartable);
  const { catalog, clock } = open;
  await register(restartable, One);
  await clock.settle();
  restartable.restart();
  // Long enough for the watch to be tried again.
  await clock.advance(1_000);
  assert.equal(answer(catalog, "/one/a"), "1.9.0");
  const Two = contract("two", { a: method({}) });
  await register(restartable, Two);
  await clock.settle();
  assert.equal(answer(catalog, "/two/a"), "0.0.0");
  await clock.advance(leaseDefaultMs);
  assert.equal(answer(catalog, "/one/a"), "not_found");
  assert.equal(answer(catalog, "/two/a"), "0.0.0");
});

test("a node that comes back to a restarted registry was never away", async () => {
  const restartable = createRestartable();
  await using open = await openCatalog(restartable);
  const { catalog, clock } = open;
  await register(restartable, One);
  await clock.settle();
  count -= 1;
  restartable.restart();
  await register(restartable, One);
  await clock.advance(2 * leaseDefaultMs);
  assert.equal(answer(catalog, "/one/a"), "1.9.0");
});

test("a binding that takes the path of another method is not served, and that is logged", async () => {
  await using open = await openCatalog();
  const { catalog, registry, clock, lines } = open;
  const input = t.object({ id: t.string() });
  const Three = contract("three", {
    a: method({}),
    b: method({ http: "POST /a" }),
    c: method({ input, http: "GET /x/{id}" }),
    d: method({ http: "GET /x/new" }),
  });
  await using lease = await register(registry, Three);
  await clock.settle();
  assert.equal(catalog.routes.find("POST", "/three/a").endpoint.method.name, "a");
  assert.equal(catalog.routes.find("POST", "/three/b").endpoint.method.name, "b");
  assert.equal(catalog.routes.find("GET", "/three/x/new").endpoint.method.name, "d");
  const { endpoint, captures } = catalog.routes.find("GET", "/three/x/old");
  assert.deepEqual([endpoint.method.name, captures], ["c", [["id", "old"]]]);
  assert.match(lines.join("\n"), /these paths belong to \\"a\\"/);
  assert.ok(lease);
});

/** A registry that can forget everything, as one does whose process was restarted. */
function createRestartable(): Registry & { restart(): void } {
  let current = createMemoryRegistry();
  let life = new AbortController();
  return {
    register: (node, options) => current.register(node, options),
    expect: (service, options) => current.expect(service, options),
    resolve: (service, options) => current.resolve(service, options),
    list: (scope) => current.list(scope),
    contract: (digest, options) => current.contract(digest, options),
    watch({ signal, ...scope } = {}) {
      const both = signal ? AbortSignal.any([signal, life.signal]) : life.signal;
      return current.watch({ ...scope, signal: both });
    },
    restart() {
      current = createMemoryRegistry();
      life.abort();
      life = new AbortController();
    },
  };
}

const OneNext = contract("one", { c: method({}) }, { version: "2.0.0" });
const OneBeta = contract("one", { d: method({}) }, { version: "3.0.0-beta.1" });

test("versions run side by side, and a path without one means the lowest that is released", async () => {
  await using open = await openCatalog();
  const { catalog, registry, clock } = open;
  await using beta = await register(registry, OneBeta);
  await clock.settle();
  assert.equal(answer(catalog, "/one/d"), "3.0.0-beta.1");
  await using next = await register(registry, OneNext);
  await clock.settle();
  assert.equal(answer(catalog, "/one/c"), "2.0.0");
  await using first = await register(registry, One);
  await clock.settle();
  assert.equal(answer(catalog, "/one/a"), "1.9.0");
  assert.equal(answer(catalog, "/one/c"), "not_found");
  assert.equal(answer(catalog, "/v1/one/a"), first.node.version);
  assert.equal(answer(catalog, "/v2/one/c"), next.node.version);
  assert.equal(answer(catalog, "/v3/one/d"), beta.node.version);
  assert.deepEqual(
    catalog.served().map(({ path }) => path),
    ["/v3/one", "/v2/one", "/one"],
  );
});

test("a version that is not there is not found, and those are named that are", async () => {
  await using open = await openCatalog();
  const { catalog, registry, clock } = open;
  await using first = await register(registry, One);
  await using next = await register(registry, OneNext);
  await clock.settle();
  assert.ok(first.node.id !== next.node.id);
  assert.throws(() => catalog.routes.find("POST", "/v7/one/a"), {
    code: "not_found",
    message: 'Cannot find v7 of "one": there is /v1/one, /v2/one',
  });
  assert.throws(() => catalog.routes.find("POST", "/v1/ome/a"), {
    code: "not_found",
    message: /the service "ome" \(did you mean "one"\?\)/,
  });
  assert.throws(() => catalog.routes.find("POST", "/v1"), /the service "v1"/);
});

test("a version that restarts keeps its place, and loses it when it does not come back", async () => {
  await using open = await openCatalog();
  const { catalog, registry, clock, disposed, lines } = open;
  await using next = await register(registry, OneNext);
  let first = await register(registry, One);
  await clock.settle();
  await first[Symbol.asyncDispose]();
  await clock.advance(versionHoldMs - 1);
  assert.equal(answer(catalog, "/one/a"), "1.9.0");
  first = await register(registry, OneNewer);
  await clock.advance(versionHoldMs);
  assert.equal(answer(catalog, "/one/b"), "1.10.0");
  await first[Symbol.asyncDispose]();
  await clock.advance(versionHoldMs);
  assert.equal(answer(catalog, "/one/a"), "not_found");
  assert.equal(answer(catalog, "/one/c"), next.node.version);
  assert.equal(answer(catalog, "/v1/one/b"), "not_found");
  assert.deepEqual(disposed, ["one 1.9.0", "one 1.10.0"]);
  assert.ok(
    lines.some((line) => line.includes('Paths of \\"one\\" without a version mean version 2')),
  );
});

test("a service whose versions all restart keeps them, however long that takes", async () => {
  await using open = await openCatalog();
  const { catalog, registry, clock } = open;
  await using expected = await registry.expect({ namespace: "default", service: "one" });
  const first = await register(registry, One);
  const next = await register(registry, OneNext);
  await clock.settle();
  await first[Symbol.asyncDispose]();
  await next[Symbol.asyncDispose]();
  await clock.advance(10 * versionHoldMs);
  assert.ok(!expected.lost.aborted);
  assert.equal(answer(catalog, "/one/a"), "1.9.0");
  assert.equal(answer(catalog, "/v2/one/c"), "2.0.0");
});

test("a service that nobody could call yet is not said to be gone", async () => {
  await using open = await openCatalog();
  const { registry, clock, lines } = open;
  const grant = await registry.expect({ namespace: "default", service: "one" });
  await clock.settle();
  await grant[Symbol.asyncDispose]();
  await clock.settle();
  assert.deepEqual(lines, []);
});

test("a service cannot have the name of a version", async () => {
  await using open = await openCatalog();
  const { catalog, registry, clock } = open;
  await using taken = await register(registry, contract("v2", { one: method({}) }));
  await clock.settle();
  assert.equal(answer(catalog, `/${taken.node.service}/one`), "not_found");
  assert.deepEqual(catalog.list(), []);
});
