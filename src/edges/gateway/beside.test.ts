/** What handlers say beside their answers, as programs that know nothing of reef read it over HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method, stream } from "../../contract/method.ts";
import { ReefError } from "../../core/errors.ts";
import type { Call } from "../../rpc/server-call.ts";
import { service } from "../../rpc/service.ts";
import { openFixture } from "./fixtures/open-fixture.ts";

const Id = t.object({ id: t.string() });
const Shelf = contract("shelf", {
  read: method({ input: Id, output: Id, http: "GET /books/{id}", idempotent: true }),
  list: method({ input: Id, output: stream(Id) }),
});

const origin = "https://shop.example";

/** `say` runs before each answer; one about the book "lost" is not found. */
async function openShelf(say: (call: Call) => void) {
  function look(id: string, call: Call): void {
    say(call);
    if (id === "lost") throw new ReefError("not_found", "The book is lost");
  }
  const shelf = service(Shelf, {
    read({ id }, call) {
      look(id, call);
      return { id };
    },
    async *list({ id }, call) {
      look(id, call);
      yield { id };
      if (id === "torn") throw new ReefError("data_loss", "A page is missing");
    },
  });
  return openFixture([shelf], { origins: [origin] });
}

function sayBoth({ response }: Call): void {
  Object.assign(response.headers, { "x-room": "7", "x-sign": "grün", plain: "1" });
  Object.assign(response.trailers, { "x-cost": "3", "x-request-id": "mine" });
}

/** What `reef-metadata-bin` and the trailer of this name hold. */
function texts(headers: Headers, name: string): unknown {
  return JSON.parse(Buffer.from(headers.get(name) ?? "", "base64").toString());
}

function assertSaid(headers: Headers): void {
  assert.equal(headers.get("x-room"), "7");
  assert.equal(headers.get("trailer-x-cost"), "3");
  assert.deepEqual(texts(headers, "reef-metadata-bin"), { "x-sign": "grün", plain: "1" });
  assert.deepEqual(texts(headers, "trailer-reef-metadata-bin"), { "x-request-id": "mine" });
  assert.equal(headers.get("plain"), null);
  assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f]{32}$/);
}

test("an answer, an error and one that has not changed have headers and trailers of the handler in their head", async () => {
  await using fixture = await openShelf(sayBoth);
  const answer = await fixture.fetch("/shelf/books/b1", { method: "GET" });
  assert.equal(answer.status, 200);
  assertSaid(answer.headers);
  const tag = answer.headers.get("etag") ?? "";
  const same = await fixture.fetch("/shelf/books/b1", {
    method: "GET",
    headers: { "if-none-match": tag },
  });
  assert.equal(same.status, 304);
  assertSaid(same.headers);
  const lost = await fixture.fetch("/shelf/read", { json: { id: "lost" } });
  assert.equal(lost.status, 404);
  assertSaid(lost.headers);
});

test("a page of another origin may read what the handler says", async () => {
  await using fixture = await openShelf(sayBoth);
  const init = { method: "GET", headers: { origin } };
  const { headers } = await fixture.fetch("/shelf/books/b1", init);
  const exposed = (headers.get("access-control-expose-headers") ?? "").split(", ");
  for (const name of ["x-room", "trailer-x-cost", "reef-metadata-bin", "etag"]) {
    assert.ok(exposed.includes(name), name);
  }
});

test("a stream has headers in its head, and trailers before its end or its error", async () => {
  await using fixture = await openShelf(sayBoth);
  const trailers = '{"x-cost":"3","x-request-id":"mine"}';
  async function read(id: string, accept: string) {
    const answer = await fixture.fetch("/shelf/list", { json: { id }, headers: { accept } });
    assert.equal(answer.headers.get("x-room"), "7");
    assert.equal(answer.headers.get("trailer-x-cost"), null);
    return await answer.text();
  }
  const lines = await read("b1", "application/x-ndjson");
  assert.equal(lines, `{"id":"b1"}\n["trailers",${trailers}]\n`);
  const torn = (await read("torn", "application/x-ndjson")).split("\n");
  assert.equal(torn[1], `["trailers",${trailers}]`);
  assert.match(torn[2] ?? "", /^\["error",\{.*data_loss/);
  const events = await read("b1", "text/event-stream");
  const end = `event: trailers\ndata: ${trailers}\n\nevent: end\ndata: {}\n\n`;
  assert.equal(events, `data: {"id":"b1"}\n\n${end}`);
  const lost = await fixture.fetch("/shelf/list", { json: { id: "lost" } });
  assert.equal(lost.status, 404);
  assertSaid(lost.headers);
});

test("what no head has room for is left out, and the log says so", async () => {
  await using fixture = await openShelf(({ response }) => {
    // Within the limit by itself, and beyond it in base64.
    response.headers["plain"] = "x".repeat(6_000);
    response.headers["x-room"] = "7";
  });
  const answer = await fixture.fetch("/shelf/books/b1", { method: "GET" });
  assert.deepEqual(await answer.json(), { id: "b1" });
  assert.equal(answer.headers.get("reef-metadata-bin"), null);
  await fixture.logged("An answer lacks the headers of its handler");
});
