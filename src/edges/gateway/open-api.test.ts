import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { OpenAPIClientAxios } from "openapi-client-axios";
import { t } from "../../contract/builder.ts";
import { type Contract, contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { service } from "../../rpc/service.ts";
import { createGreeter } from "./fixtures/greeter.ts";
import { type Fixture, openFixture } from "./fixtures/open-fixture.ts";
import { createOrders } from "./fixtures/orders.ts";

const get = { method: "GET" };

interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly tags: readonly { readonly name: string }[];
  readonly paths: { readonly [path: string]: object };
}

async function documentAt(fixture: Fixture, path: string): Promise<Document> {
  const response = await fixture.fetch(path, get);
  assert.equal(response.headers.get("content-type"), "application/json");
  // What it is, the validator says.
  return (await response.json()) as Document;
}

test("GET /openapi.json is what is running, and valid", async () => {
  await using fixture = await openFixture([createGreeter().greeter, createOrders()]);
  const document = await documentAt(fixture, "/openapi.json");
  const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
  assert.deepEqual([valid, errors], [true, undefined]);
  const tags = document.tags.map(({ name }) => name);
  assert.deepEqual(tags.toSorted(), ["greeter", "orders"]);
  const one = await documentAt(fixture, "/orders/openapi.json");
  assert.deepEqual([one.info.title, one.info.version], ["orders", "1.0.0"]);
  assert.ok(Object.keys(one.paths).every((path) => path.startsWith("/orders/")));
});

test("GET /openapi.json has a tag, which changes with what is running", async () => {
  await using fixture = await openFixture([createOrders()]);
  const first = await fixture.fetch("/openapi.json", get);
  const tag = first.headers.get("etag") ?? "";
  const headers = { "if-none-match": tag };
  assert.equal((await fixture.fetch("/openapi.json", { ...get, headers })).status, 304);
  const Late = contract("late", { hello: method({}) });
  await using lease = await register(fixture, Late);
  await fixture.logged('"late" 0.0.0 can be called');
  const changed = await fixture.fetch("/openapi.json", { ...get, headers });
  assert.equal(changed.status, 200);
  assert.ok((await changed.text()).includes(`"/${lease.node.service}/hello"`));
});

test("versions that run side by side have documents of their own and one together", async () => {
  await using fixture = await openFixture([createOrders()]);
  const Next = contract("orders", { list: method({}) }, { version: "2.0.1" });
  await using lease = await register(fixture, Next);
  await fixture.logged(`"orders" ${lease.node.version} can be called`);
  const all = await documentAt(fixture, "/openapi.json");
  assert.deepEqual(all.tags, [{ name: "orders" }, { name: "orders.v2" }]);
  assert.ok("/orders/last" in all.paths && "/v2/orders/list" in all.paths);
  for (const [path, version] of [
    ["/orders", "1.0.0"],
    ["/v1/orders", "1.0.0"],
    ["/v2/orders", "2.0.1"],
  ]) {
    const document = await documentAt(fixture, `${path}/openapi.json`);
    assert.equal(document.info.version, version);
    assert.ok(Object.keys(document.paths).every((each) => each.startsWith(`${path}/`)));
  }
  const last = await fixture.fetch("/v1/orders/last", get);
  assert.deepEqual(await last.json(), { id: "", item: "", amount: 0 });
  const made = await fixture.fetch("/v1/orders/create", { json: { id: "7", item: "lamp" } });
  assert.equal(made.headers.get("location"), "/v1/orders/orders/7");
  assert.equal((await fixture.fetch("/v3/orders/openapi.json", get)).status, 404);
  assert.equal((await fixture.fetch("/v1/openapi.json", get)).status, 404);
});

function register({ registry }: Fixture, { name, version, digest, descriptor }: Contract) {
  return registry.register(
    {
      id: `${name}-${version}`,
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

test("a document is read only, and there for services alone", async () => {
  await using fixture = await openFixture([createOrders()]);
  const options = await fixture.fetch("/openapi.json", { method: "OPTIONS" });
  assert.deepEqual([options.status, options.headers.get("allow")], [204, "GET, HEAD, OPTIONS"]);
  assert.equal((await fixture.fetch("/openapi.json", { json: {} })).status, 405);
  for (const path of ["/nobody/openapi.json", "/store/openapi.json", "/orders/x/openapi.json"]) {
    assert.equal((await fixture.fetch(path, get)).status, 404, path);
  }
});

test("a service that is bound to the path of its document answers there itself", async () => {
  const Own = contract("own", {
    document: method({ output: t.object({ mine: t.boolean() }), http: "GET /openapi.json" }),
  });
  const Any = contract("any", {
    read: method({ input: t.object({ id: t.string() }), http: "GET /{id}" }),
  });
  const own = service(Own, { document: () => ({ mine: true }) });
  await using fixture = await openFixture([own, service(Any, { read: () => ({}) })]);
  const mine = await fixture.fetch("/own/openapi.json", get);
  assert.deepEqual(await mine.json(), { mine: true });
  const any = await documentAt(fixture, "/any/openapi.json");
  assert.equal(any.openapi, "3.1.0");
});

test("a client that is made of the document calls the services", async () => {
  await using fixture = await openFixture([createGreeter().greeter, createOrders()]);
  const api = new OpenAPIClientAxios({
    definition: `${fixture.gateway.url}/openapi.json`,
    withServer: { url: fixture.gateway.url },
    axiosConfigDefaults: { validateStatus: () => true },
  });
  const client = await api.init();
  const greeted = await client["greeter_hello"]?.({}, { name: "Ann" });
  assert.deepEqual(greeted?.data, { message: "Hello Ann" });
  const bound = await client["greeter_hello_get"]?.({ name: "Bo", times: 2 });
  assert.deepEqual(bound?.data, { message: "Hello BoHello Bo" });
  const made = await client["orders_create_post"]?.({}, { id: "7", item: "lamp" });
  assert.deepEqual([made?.status, made?.headers["location"]], [201, "/orders/orders/7"]);
  const read = await client["orders_read_get"]?.("7");
  assert.deepEqual(read?.data, { id: "7", item: "lamp", amount: 1 });
  const changed = await client["orders_change_put"]?.({ id: "7" }, "3", {
    headers: { "content-type": "application/json" },
  });
  assert.equal(changed?.data.amount, 3);
  const soldOut = await client["orders_create_post"]?.({}, { id: "8", item: "moon" });
  assert.deepEqual(soldOut?.data.data, { item: "moon" });
});
