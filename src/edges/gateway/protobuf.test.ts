import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBytes } from "../../contract/byte-sink.ts";
import { contractFromDescriptor } from "../../contract/contract-from-descriptor.ts";
import type { ObjectShape, Shape } from "../../contract/shape.ts";
import { type Service, service } from "../../rpc/service.ts";
import { type Fixture, openFixture } from "./fixtures/open-fixture.ts";
import { createOrders } from "./fixtures/orders.ts";

const type = "application/protobuf";

/** Fields of these shapes with the numbers 1, 2, 3. */
function numbered(fields: { readonly [name: string]: Shape }): ObjectShape {
  const entries = Object.entries(fields);
  return {
    kind: "object",
    fields: Object.fromEntries(
      entries.map(([name, shape], at) => [name, { shape, number: at + 1 }]),
    ),
  };
}

const Sent = numbered({ id: { kind: "string" }, text: { kind: "string" }, raw: { kind: "bytes" } });
const Answer = numbered({ text: { kind: "string" }, big: { kind: "int64" } });

const Echo = contractFromDescriptor({
  name: "echo",
  version: "1.0.0",
  methods: {
    say: {
      name: "say",
      kind: "unary",
      input: Sent,
      output: Answer,
      errors: { unknown: { code: "not_found", data: numbered({ id: { kind: "string" } }) } },
      http: "PUT /texts/{id}",
    },
    read: {
      name: "read",
      kind: "unary",
      input: numbered({ id: { kind: "string" } }),
      output: Answer,
      http: "GET /texts/{id}",
      idempotent: true,
    },
    fill: {
      name: "fill",
      kind: "unary",
      input: numbered({ items: { kind: "list", items: Sent } }),
      output: Answer,
    },
    tell: { name: "tell", kind: "notify", input: Sent },
    watch: { name: "watch", kind: "server_stream", input: numbered({}), output: Answer },
  },
});

interface Failing {
  readonly errors: { unknown(data: object): Error };
}

function createEcho(): Service {
  return service(Echo, {
    // The types of a contract from a descriptor are not known.
    say(input: { id: string }, call: Failing) {
      if (input.id === "nobody") throw call.errors.unknown({ id: input.id });
      return { text: JSON.stringify(input), big: 9007199254740993n };
    },
    read: (input: unknown) => ({ text: JSON.stringify(input), big: 1n }),
    fill: () => ({ text: "", big: 0n }),
    tell: () => {},
    async *watch() {
      yield { text: "", big: 0n };
    },
  } as never);
}

function encode(method: string, value: unknown): NonNullable<RequestInit["body"]> {
  const codec = Echo.methods[method]?.input.protobuf;
  assert.ok(codec);
  return new Uint8Array(encodeBytes(codec, value));
}

async function decode(response: Response): Promise<unknown> {
  const codec = Echo.methods["say"]?.output?.protobuf;
  assert.ok(codec);
  const bytes = Buffer.from(await response.arrayBuffer());
  return codec.decode(bytes, 0, bytes.length);
}

function post(
  fixture: Fixture,
  path: string,
  body: NonNullable<RequestInit["body"]>,
  more: Record<string, string> = {},
) {
  const headers = { "content-type": type, ...more };
  return fixture.fetch(path, { method: "POST", json: {}, body, headers });
}

const input = { id: "7", text: "hé", raw: Buffer.from([0xff, 0xfe, 0]) };

test("a body of protobuf is answered with protobuf", async () => {
  await using fixture = await openFixture([createEcho()]);
  for (const each of [type, "application/x-protobuf"]) {
    const response = await post(fixture, "/echo/say", encode("say", input), {
      "content-type": each,
    });
    assert.equal(response.headers.get("content-type"), each);
    const { text, big } = (await decode(response)) as { text: string; big: bigint };
    assert.equal(big, 9007199254740993n);
    assert.deepEqual(JSON.parse(text).text, "hé");
  }
});

test("Accept says which form the answer has, and by its q-values", async () => {
  await using fixture = await openFixture([createEcho()]);
  for (const [accept, expected] of [
    ["application/json", "application/json"],
    ["*/*", type],
    [`application/json;q=0.5, ${type}`, type],
    [`application/json, ${type};q=0.5`, "application/json"],
    ["application/x-protobuf", "application/x-protobuf"],
    ["text/html", "application/json"],
  ] as const) {
    const response = await post(fixture, "/echo/say", encode("say", input), { accept });
    assert.equal(response.headers.get("content-type"), expected, accept);
  }
  const json = { json: { id: "", text: "", raw: "" } };
  const asked = await fixture.fetch("/echo/say", { ...json, headers: { accept: type } });
  assert.equal(asked.headers.get("content-type"), type);
  const plain = await fixture.fetch("/echo/say", json);
  assert.equal(plain.headers.get("content-type"), "application/json");
});

test("a binding takes and answers protobuf, each form under a tag of its own", async () => {
  await using fixture = await openFixture([createEcho()]);
  const body = encode("say", { ...input, id: "" });
  const headers = { "content-type": type };
  const put = await fixture.fetch("/echo/texts/a", { method: "PUT", json: {}, body, headers });
  const { text } = (await decode(put)) as { text: string };
  assert.equal(JSON.parse(text).id, "a");
  const both = encode("say", input);
  const twice = await fixture.fetch("/echo/texts/a", {
    method: "PUT",
    json: {},
    body: both,
    headers,
  });
  assert.equal(twice.status, 400);
  const read = (accept: string) =>
    fixture.fetch("/echo/texts/a", { method: "GET", headers: { accept } });
  const [binary, json] = [await read(type), await read("*/*")];
  assert.equal(binary.headers.get("vary"), "accept, origin");
  assert.deepEqual(await decode(binary), { text: '{"id":"a"}', big: 1n });
  assert.deepEqual(await json.json(), { text: '{"id":"a"}', big: "1" });
  assert.notEqual(binary.headers.get("etag"), json.headers.get("etag"));
});

test("one way takes protobuf, too", async () => {
  await using fixture = await openFixture([createEcho()]);
  const response = await post(fixture, "/echo/tell", encode("tell", input), { accept: type });
  assert.deepEqual([response.status, await response.text()], [202, ""]);
});

test("a typed error is a problem with its data, whatever the question was", async () => {
  await using fixture = await openFixture([createEcho()]);
  const response = await post(fixture, "/echo/say", encode("say", { ...input, id: "nobody" }));
  assert.equal(response.status, 404);
  const { type: problem, data } = (await response.json()) as { type: string; data: unknown };
  assert.deepEqual([problem, data], ["urn:reef:error:echo:unknown", { id: "nobody" }]);
});

test("bytes that are no protobuf are refused, and failures are problems in JSON", async () => {
  await using fixture = await openFixture([createEcho()]);
  for (const body of ["\u{ff}\u{ff}", "{}", '{"id":"7"}']) {
    const response = await post(fixture, "/echo/say", body);
    assert.equal(response.status, 400, body);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
  }
});

test("a body that is short as protobuf and long as JSON is refused where JSON is needed", async () => {
  await using fixture = await openFixture([createEcho()]);
  const empty = (items: number) => new Uint8Array(Buffer.alloc(2 * items, "\u000a\u0000"));
  const accept = "application/json";
  const few = await post(fixture, "/echo/fill", empty(20), { accept });
  assert.equal(few.status, 200);
  const many = await post(fixture, "/echo/fill", empty(400_000), { accept });
  assert.equal(many.status, 400);
  assert.match(((await many.json()) as { detail: string }).detail, /bytes of JSON/);
});

test("a contract without numbers and a stream say what to do instead", async () => {
  await using fixture = await openFixture([createEcho(), createOrders()]);
  const sent = await post(fixture, "/orders/create", new Uint8Array());
  assert.equal(sent.status, 415);
  const problem = (await sent.json()) as { detail: string };
  assert.match(problem.detail, /no number for create\.input\.id; type reef contract lock FILE/);
  const json = { json: { id: "7", item: "lamp" } };
  const asked = await fixture.fetch("/orders/create", { ...json, headers: { accept: type } });
  assert.equal(asked.status, 406);
  assert.match(((await asked.json()) as { detail: string }).detail, /reef contract lock FILE/);
  const either = `${type}, application/json;q=0.1`;
  const welcome = await fixture.fetch("/orders/create", { ...json, headers: { accept: either } });
  assert.equal(welcome.headers.get("content-type"), "application/json");
  const streamed = await post(fixture, "/echo/watch", new Uint8Array());
  assert.equal(streamed.status, 415);
  assert.match(((await streamed.json()) as { detail: string }).detail, /gRPC or Connect/);
});
