import assert from "node:assert/strict";
import { test } from "node:test";
import { locationOf } from "./bound-answer.ts";
import { type Fixture, openFixture } from "./fixtures/open-fixture.ts";
import { createOrders } from "./fixtures/orders.ts";

function create(fixture: Fixture, id: string) {
  return fixture.fetch("/orders/create", { json: { id, item: "lamp" } });
}

test("a binding answers with its status and the place of what was made", async () => {
  await using fixture = await openFixture([createOrders()]);
  const response = await create(fixture, "a 7");
  assert.equal(response.status, 201);
  const location = response.headers.get("location") ?? "";
  assert.equal(location, "/orders/orders/a%207");
  const there = await fixture.fetch(location, { method: "GET" });
  assert.deepEqual(await there.json(), await response.json());
});

test("a binding with 204 answers without a body", async () => {
  await using fixture = await openFixture([createOrders()]);
  const remind = await fixture.fetch("/orders/orders/7/reminders", { json: {} });
  assert.deepEqual([remind.status, await remind.text()], [204, ""]);
  const cancel = await fixture.fetch("/orders/orders/7", { method: "DELETE" });
  assert.deepEqual([cancel.status, await cancel.text()], [204, ""]);
  assert.equal(cancel.headers.get("content-type"), null);
});

test("a field that is the whole body leaves the others to path and query", async () => {
  await using fixture = await openFixture([createOrders()]);
  const put = (path: string, body: string) =>
    fixture.fetch(path, { method: "PUT", body, json: {}, headers: {} });
  const changed = await put("/orders/orders/7/amount", "12");
  assert.deepEqual(await changed.json(), { id: "7", item: "", amount: 12 });
  const dry = await put("/orders/orders/7/amount?dryRun=true", "13");
  assert.deepEqual(await dry.json(), { id: "7", item: "", amount: 13 });
  const last = await fixture.fetch("/orders/last", { method: "GET" });
  assert.deepEqual(await last.json(), { id: "7", item: "", amount: 12 });
  for (const [path, body] of [
    ["/orders/orders/7/amount", '1,"dryRun":true'],
    ["/orders/orders/7/amount", "{}"],
    ["/orders/orders/7/amount", ""],
    ["/orders/orders/7/amount?amount=1", "2"],
    ["/orders/orders/7/amount?id=8", "2"],
    ["/orders/orders/7/amount?ammount=1", "2"],
  ] as const) {
    assert.equal((await put(path, body)).status, 400, `${path} ${body}`);
  }
});

test("an answer whose name cannot stand in a path has no Location, and the log says so", async () => {
  await using fixture = await openFixture([createOrders()]);
  for (const id of ["..", ".", "", "a/b", "a\\b", "a\r\nset-cookie: x=1", "a;b", "50%", "\ud800"]) {
    const response = await create(fixture, id);
    assert.deepEqual([response.status, response.headers.get("location")], [201, null], id);
    assert.equal(response.headers.get("set-cookie"), null);
  }
  await fixture.logged("An answer has no Location");
});

test("locationOf() has no place for an answer that is not what the contract says", () => {
  const template = [{ literal: "orders" }, { field: "id" }];
  const of = (json: string) => locationOf(template, Buffer.from(json));
  assert.equal(of('{"id":7}'), "/orders/7");
  assert.equal(of('{"id":"ü"}'), "/orders/%C3%BC");
  for (const json of ["{}", "[]", "null", '{"id":null}', '{"id":{"a":1}}', "{", '{"id":[""]}']) {
    assert.equal(of(json), undefined, json);
  }
  assert.equal(of(JSON.stringify({ id: "x".repeat(3_000) })), undefined);
});

test("OPTIONS and a wrong verb name the verbs of a path", async () => {
  await using fixture = await openFixture([createOrders()]);
  const options = await fixture.fetch("/orders/orders/7", { method: "OPTIONS" });
  assert.deepEqual(
    [options.status, options.headers.get("allow")],
    [204, "DELETE, GET, HEAD, OPTIONS"],
  );
  const wrong = await fixture.fetch("/orders/orders/7", { method: "PATCH", json: {} });
  assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "DELETE, GET, HEAD"]);
});

test("GET of an idempotent method has a tag, and 304 for who has the answer already", async () => {
  await using fixture = await openFixture([createOrders()]);
  await create(fixture, "7");
  const get = (headers: Record<string, string> = {}, method = "GET") =>
    fixture.fetch("/orders/orders/7", { method, headers });
  const first = await get();
  const tag = first.headers.get("etag") ?? "";
  assert.match(tag, /^"[\w-]{22}"$/);
  assert.equal(first.headers.get("cache-control"), "private, no-cache");
  assert.equal(first.headers.get("vary"), "accept, origin");
  for (const list of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
    for (const method of ["GET", "HEAD"]) {
      const again = await get({ "if-none-match": list }, method);
      assert.deepEqual([again.status, await again.text()], [304, ""], `${method} ${list}`);
      assert.equal(again.headers.get("etag"), tag);
      assert.equal(again.headers.get("cache-control"), "private, no-cache");
      assert.equal(again.headers.get("content-type"), null);
    }
  }
  assert.equal((await get({}, "HEAD")).headers.get("etag"), tag);
  await fixture.fetch("/orders/orders/7/amount", { method: "PUT", body: "2", json: {} });
  const changed = await get({ "if-none-match": tag });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.get("etag"), tag);
  assert.equal((await get({ "if-match": tag })).status, 412);
  assert.equal((await get({ "if-match": changed.headers.get("etag") ?? "" })).status, 200);
  assert.equal((await get({ "if-match": `W/${changed.headers.get("etag")}` })).status, 412);
});

test("nothing has a tag that is no GET of an idempotent method, or has failed", async () => {
  await using fixture = await openFixture([createOrders()]);
  const last = await fixture.fetch("/orders/last", { method: "GET" });
  const failed = await fixture.fetch("/orders/orders/9", {
    method: "GET",
    headers: { "if-none-match": "*" },
  });
  const direct = await fixture.fetch("/orders/read", { json: { id: "7" } });
  assert.deepEqual([last.status, failed.status, direct.status], [200, 404, 404]);
  for (const { headers } of [last, failed, direct]) assert.equal(headers.get("etag"), null);
  assert.equal(last.headers.get("cache-control"), "no-store");
  assert.equal(failed.headers.get("cache-control"), "no-store");
});

test("a change under a condition that nobody can check is refused before it is made", async () => {
  await using fixture = await openFixture([createOrders()]);
  await create(fixture, "7");
  for (const name of ["if-match", "if-none-match"]) {
    const headers = { [name]: '"a"' };
    const response = await fixture.fetch("/orders/orders/7", { method: "DELETE", headers });
    assert.equal(response.status, 412);
  }
  assert.equal((await fixture.fetch("/orders/orders/7", { method: "GET" })).status, 200);
});
