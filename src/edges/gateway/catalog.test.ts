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
  await catalog.open();
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
