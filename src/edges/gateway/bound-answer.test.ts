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
