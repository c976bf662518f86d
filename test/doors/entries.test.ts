/** Entries of the store as files of the web: what is kept, under which conditions it is changed, and for whom. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { type Doors, openDoors } from "./open-doors.ts";

let doors: Doors;
let authorization: string;

before(async () => {
  doors = await openDoors();
  authorization = `Bearer ${await doors.tokenOf("keeper")}`;
});

after(() => doors[Symbol.asyncDispose]());

async function ask(
  verb: string,
  key: string,
  init: { headers?: object; body?: RequestInit["body"] } = {},
) {
  const headers = { authorization, ...init.headers };
  const url = `${doors.gateway.url}/store/tables/files/${key}`;
  const response = await fetch(url, {
    method: verb,
    headers,
    ...(init.body && { body: init.body }),
  });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, tag: response.headers.get("etag") ?? "", body, response };
}

test("PUT keeps any bytes, and GET has them with the revision as their tag", async () => {
  const body = Buffer.from([0, 255, 10, 13, 128]);
  const put = await ask("PUT", "a/b%20c", { body });
  assert.equal(put.status, 204);
  const got = await ask("GET", "a/b%20c");
  assert.deepEqual([got.status, got.body, got.tag], [200, body, put.tag]);
  assert.equal(got.response.headers.get("content-type"), "application/octet-stream");
  assert.equal(got.response.headers.get("x-content-type-options"), "nosniff");
  const kept = await doors.store.database("default").table("files").get("a/b c");
  assert.deepEqual([kept?.value, `"${kept?.revision}"`], [new Uint8Array(body), put.tag]);
  const head = await ask("HEAD", "a/b%20c");
  assert.deepEqual([head.status, head.tag, head.body.length], [200, put.tag, 0]);
  const again = await ask("GET", "a/b%20c", { headers: { "if-none-match": put.tag } });
  assert.equal(again.status, 304);
});

test("a change under a condition is made in the place of that entry, and of no other", async () => {
  const create = { headers: { "if-none-match": "*" }, body: "1" };
  const first = await ask("PUT", "home", create);
  assert.equal(first.status, 204);
  assert.equal((await ask("PUT", "home", create)).status, 412);
  const headers = { "if-match": first.tag };
  const second = await ask("PUT", "home", { headers, body: "2" });
  assert.equal(second.status, 204);
  assert.equal((await ask("PUT", "home", { headers, body: "3" })).status, 412);
  assert.equal((await ask("DELETE", "home", { headers })).status, 412);
  assert.equal((await ask("GET", "home")).body.toString(), "2");
  for (const unclear of [{ "if-match": "*" }, { "if-match": `${first.tag}, "7"` }]) {
    assert.equal((await ask("PUT", "home", { headers: unclear, body: "4" })).status, 412);
  }
  assert.equal((await ask("DELETE", "home", { headers: { "if-match": second.tag } })).status, 204);
  assert.equal((await ask("DELETE", "home")).status, 404);
  assert.equal((await ask("GET", "home")).status, 404);
});

test("what is no entry, or not for this one, is refused as a call of the store is", async () => {
  const nobody = { headers: { authorization: "" } };
  for (const verb of ["GET", "PUT", "DELETE"]) {
    assert.equal((await ask(verb, "home", nobody)).status, 401, verb);
  }
  const ann = { headers: { authorization: `Bearer ${await doors.tokenOf("ann")}` } };
  assert.equal((await ask("PUT", "home", { ...ann, body: "1" })).status, 403);
  const elsewhere = { headers: { "reef-namespace": "acme" } };
  assert.equal((await ask("GET", "home", elsewhere)).status, 403);
  const post = await ask("POST", "home", { body: "1" });
  assert.equal(post.status, 405);
  assert.equal(post.response.headers.get("allow"), "GET, HEAD, PUT, DELETE");
  assert.equal((await ask("GET", "home?x=1")).status, 400);
  assert.equal((await ask("PUT", "big", { body: Buffer.alloc(1_048_577) })).status, 413);
  assert.equal((await ask("PUT", "full", { body: Buffer.alloc(1_048_576) })).status, 204);
  assert.equal((await ask("GET", "full")).body.length, 1_048_576);
});
