import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { createMemoryRegistry } from "../../blocks/registry/drivers/memory.ts";
import { createGreeter } from "./fixtures/greeter.ts";
import { type Fixture, openFixture } from "./fixtures/open-fixture.ts";
import { service } from "../../rpc/service.ts";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { openGateway } from "./gateway.ts";

async function openGreeter(options: Parameters<typeof openFixture>[1] = {}) {
  const { greeter, seen } = createGreeter();
  return { ...(await openFixture([greeter], options)), seen };
}

async function problem(response: Response) {
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const body = (await response.json()) as { readonly [field: string]: unknown };
  assert.equal(body["status"], response.status);
  assert.equal(body["instance"], response.headers.get("x-request-id"));
  return body;
}

test("POST /service/method calls the method with the body and answers its output", async () => {
  await using fixture = await openGreeter();
  const response = await fixture.fetch("/greeter/hello", { json: { name: "Ann" } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), { message: "Hello Ann" });
});

test("POST of a notification answers 202 and delivers it", async () => {
  await using fixture = await openGreeter();
  const noted = once(fixture.seen.events, "noted");
  const response = await fixture.fetch("/greeter/note", { json: { text: "a" } });
  assert.deepEqual([response.status, await response.text()], [202, ""]);
  await noted;
  assert.deepEqual(fixture.seen.inputs, [{ text: "a" }]);
});

test("an empty JSON body is the empty object", async () => {
  await using fixture = await openGreeter();
  const headers = { "content-type": "application/json; charset=utf-8" };
  const response = await fixture.fetch("/greeter/mine", { method: "POST", headers });
  assert.deepEqual(await response.json(), { mine: true });
});

test("a binding is called with what stands in its path, its query and its body", async () => {
  await using fixture = await openGreeter();
  async function answer(path: string, init: Parameters<Fixture["fetch"]>[1]) {
    const response = await fixture.fetch(path, init);
    return response.json();
  }
  const get = { method: "GET" };
  assert.deepEqual(await answer("/greeter/hello/Ann%20B", get), { message: "Hello Ann B" });
  assert.deepEqual(await answer("/greeter/hello/A?times=2", get), { message: "Hello AHello A" });
  assert.deepEqual(await answer("/greeter/hello/me", get), { mine: true });
  assert.deepEqual(await answer("/greeter/things?tags=a+b&tags=c&near=true", get), {
    found: '{"tags":["a b","c"],"near":true}',
  });
  const put = { method: "PUT", json: { to: "B", weight: "9007199254740993" } };
  assert.deepEqual(await answer("/greeter/things/7", put), { moved: "7 to B" });
  assert.deepEqual(fixture.seen.inputs.at(-1), { id: "7", to: "B", weight: 9007199254740993n });
});

test("HEAD of a binding answers its headers only", async () => {
  await using fixture = await openGreeter();
  const response = await fixture.fetch("/greeter/hello/Ann", { method: "HEAD" });
  assert.equal(response.headers.get("content-length"), "23");
  assert.deepEqual([response.status, await response.text()], [200, ""]);
});

test("GET /services lists services with version and nodes, and no addresses", async () => {
  await using fixture = await openGreeter();
  const response = await fixture.fetch("/services", { method: "GET" });
  assert.deepEqual(await response.json(), [
    {
      name: "greeter",
      namespace: "default",
      version: "1.2.0",
      nodes: [{ id: "greeter-1", version: "1.2.0", state: "ready" }],
    },
  ]);
});

test("GET / says what answers and where to go", async () => {
  await using fixture = await openGreeter({ version: "0.1.0" });
  const response = await fixture.fetch("/", { method: "GET" });
  assert.deepEqual(await response.json(), {
    name: "reef",
    version: "0.1.0",
    links: { services: "/services", openapi: "/openapi.json" },
  });
});

test("an unknown service or method is 404 and names the nearest", async () => {
  await using fixture = await openGreeter();
  const service = await problem(await fixture.fetch("/gretter/hello"));
  assert.equal(service["type"], "urn:reef:problem:not_found");
  assert.match(String(service["detail"]), /service "gretter" \(did you mean "greeter"\?\)/);
  const method = await problem(await fixture.fetch("/greeter/helo"));
  assert.equal(method["status"], 404);
  assert.match(String(method["detail"]), /method "helo" of "greeter" \(did you mean "hello"\?\)/);
});

test("bad input is 400 and names the path of what is wrong", async () => {
  await using fixture = await openGreeter();
  const body = await problem(await fixture.fetch("/greeter/hello", { json: { name: 7 } }));
  assert.deepEqual([body["status"], body["code"]], [400, "invalid_argument"]);
  assert.deepEqual(body["violations"], [{ path: "name", message: "must be a string, is 7" }]);
  const query = await fixture.fetch("/greeter/hello/Ann?times=often&tmies=2", { method: "GET" });
  const paths = (await problem(query))["violations"] as { path: string }[];
  assert.deepEqual(paths.map(({ path }) => path).toSorted(), ["times", "tmies"]);
  const twice = await fixture.fetch("/greeter/things/7", { method: "PUT", json: { id: "8" } });
  assert.deepEqual((await problem(twice))["violations"], [
    { path: "id", message: "is in the path already" },
  ]);
});

test("a typed error keeps its name and its data", async () => {
  await using fixture = await openGreeter();
  const body = await problem(await fixture.fetch("/greeter/hello", { json: { name: "Nobody" } }));
  assert.equal(body["type"], "urn:reef:error:greeter:nobody");
  assert.equal(body["status"], 404);
  assert.deepEqual(body["data"], { name: "Nobody" });
});

test("a wrong verb is 405 with the verbs that would do", async () => {
  await using fixture = await openGreeter();
  const direct = await fixture.fetch("/greeter/hello", { method: "GET" });
  assert.equal((await problem(direct))["status"], 405);
  assert.equal(direct.headers.get("allow"), "POST");
  const bound = await fixture.fetch("/greeter/hello/Ann", { method: "DELETE" });
  assert.equal(bound.headers.get("allow"), "GET, HEAD");
  const page = await fixture.fetch("/services");
  assert.equal(page.headers.get("allow"), "GET, HEAD, OPTIONS");
});

test("errors without a contract never show their text, and the log has it", async () => {
  await using fixture = await openGreeter();
  for (const code of ["plain", "internal", "unknown", "data_loss", "unavailable", "typed"]) {
    const response = await fixture.fetch("/greeter/fail", { json: { code } });
    const text = await response.text();
    assert.equal(response.status, code === "unavailable" ? 503 : 500, code);
    assert.doesNotMatch(text, /secret|\.ts|stack/, code);
  }
  assert.match(JSON.stringify(fixture.lines), /secret of the house/);
});

test("codes become the statuses of the table, with Retry-After where another try makes sense", async () => {
  await using fixture = await openGreeter();
  const statuses = { permission_denied: 403, already_exists: 409, unauthenticated: 401 };
  for (const [code, status] of Object.entries({ ...statuses, resource_exhausted: 429 })) {
    const response = await fixture.fetch("/greeter/fail", { json: { code } });
    assert.equal(response.status, status);
    assert.equal(response.headers.get("retry-after"), status === 429 ? "1" : null);
  }
});

test("a method that takes a stream is 426 to one input, and says what to use", async () => {
  await using fixture = await openGreeter();
  for (const init of [{}, { method: "GET" }]) {
    for (const path of ["/greeter/chat", "/greeter/total"]) {
      const response = await fixture.fetch(path, init);
      assert.equal(response.headers.get("upgrade"), "websocket");
      const body = await problem(response);
      assert.equal(body["status"], 426);
      assert.match(String(body["detail"]), /open a WebSocket to this path, or POST lines of JSON/);
    }
  }
});

test("x-timeout-ms limits the call: 504 when it is over, 400 when it makes no sense", async () => {
  await using fixture = await openGreeter();
  const headers = { "x-timeout-ms": "30" };
  const json = { label: "slow" };
  const late = await fixture.fetch("/greeter/wait", { headers, json });
  assert.equal((await problem(late))["code"], "deadline_exceeded");
  assert.equal(late.status, 504);
  for (const bad of ["0", "-1", "1e3", "300001", "soon"]) {
    const response = await fixture.fetch("/greeter/about", { headers: { "x-timeout-ms": bad } });
    assert.equal(response.status, 400, bad);
  }
});

test("a sane x-request-id travels there and back; otherwise the request goes by its trace", async () => {
  await using fixture = await openGreeter();
  async function about(headers: { [name: string]: string }) {
    const response = await fixture.fetch("/greeter/about", { headers });
    const body = (await response.json()) as { requestId: string; traceId: string };
    return { ...body, answered: response.headers.get("x-request-id") };
  }
  const given = await about({ "x-request-id": "order-7.a_b" });
  assert.deepEqual([given.answered, given.requestId], ["order-7.a_b", "order-7.a_b"]);
  for (const bad of ['"><script>', "x".repeat(129), ""]) {
    const own = await about({ "x-request-id": bad });
    assert.match(own.traceId, /^[0-9a-f]{32}$/);
    assert.deepEqual([own.answered, own.requestId], [own.traceId, ""]);
  }
  assert.notEqual((await about({})).traceId, (await about({})).traceId);
});

test("a trace goes on behind the gateway, and a broken traceparent starts a new one", async () => {
  await using fixture = await openGreeter();
  async function traceOf(traceparent: string) {
    const response = await fixture.fetch("/greeter/about", { headers: { traceparent } });
    return ((await response.json()) as { traceId: string }).traceId;
  }
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  assert.equal(await traceOf(`00-${traceId}-b7ad6b7169203331-01`), traceId);
  assert.notEqual(await traceOf(`00-${traceId}-short-01`), traceId);
});

test("blocks are 404 even where a service has their name, and nothing is called", async () => {
  let calls = 0;
  const Runtime = contract("runtime", { run: method({ http: "GET /run" }) });
  const runtime = service(Runtime, {
    run() {
      calls += 1;
      return {};
    },
  });
  await using fixture = await openFixture([runtime]);
  for (const name of [
    "runtime",
    "registry",
    "store",
    "broker",
    "events",
    "config",
    "auth",
    "sync",
  ]) {
    assert.equal((await fixture.fetch(`/${name}/run`)).status, 404, name);
    assert.equal((await fixture.fetch(`/${name}/run`, { method: "GET" })).status, 404, name);
  }
  const services = await fixture.fetch("/services", { method: "GET" });
  assert.deepEqual([await services.json(), calls], [[], 0]);
});

test("a service of another namespace is 404", async () => {
  await using fixture = await openGreeter();
  const Secret = contract("secret", { tell: method({}) });
  await using lease = await fixture.registry.register(
    {
      id: "secret-1",
      namespace: "reef",
      service: "secret",
      version: "0.0.0",
      state: "ready",
      addresses: ["tcp://127.0.0.1:1"],
      contractDigest: Secret.digest,
      metadata: {},
    },
    { contract: Secret.descriptor },
  );
  assert.equal((await fixture.fetch("/secret/tell")).status, 404);
  assert.equal(lease.node.service, "secret");
});

test("openGateway() says when the port is taken", async () => {
  await using fixture = await openGreeter();
  const { port } = fixture.gateway;
  const registry = createMemoryRegistry();
  const connect = () => assert.fail("there is nothing to connect to");
  await assert.rejects(openGateway({ registry, connect, listen: { port } }), {
    code: "already_exists",
    message: `Cannot listen on 127.0.0.1:${port}: the port is taken; choose another one or stop its owner`,
  });
});

test("dispose waits for the calls that run and closes their connections", async () => {
  const { greeter, seen } = createGreeter();
  const fixture = await openFixture([greeter]);
  const called = once(seen.events, "slow");
  const answer = fixture.fetch("/greeter/wait", { json: { label: "slow" } });
  await called;
  const closed = fixture.gateway[Symbol.asyncDispose]();
  await assert.rejects(fixture.fetch("/greeter/mine"));
  seen.release();
  const response = await answer;
  assert.deepEqual([response.status, response.headers.get("connection")], [200, "close"]);
  await closed;
  await fixture[Symbol.asyncDispose]();
});

test("dispose gives up calls that outlast drainMs with 503", async () => {
  const { greeter, seen } = createGreeter();
  await using fixture = await openFixture([greeter], { limits: { drainMs: 20 } });
  const called = once(seen.events, "slow");
  const answer = fixture.fetch("/greeter/wait", { json: { label: "slow" } });
  await called;
  const cancelled = once(seen.events, "slow cancelled");
  await fixture.gateway[Symbol.asyncDispose]();
  assert.equal((await problem(await answer))["type"], "urn:reef:problem:going_away");
  await cancelled;
  seen.release();
});

test("a client that leaves cancels its call", async () => {
  await using fixture = await openGreeter();
  const leaving = new AbortController();
  const called = once(fixture.seen.events, "slow");
  const cancelled = once(fixture.seen.events, "slow cancelled");
  const json = { label: "slow" };
  const answer = fixture.fetch("/greeter/wait", { json, signal: leaving.signal });
  await called;
  leaving.abort();
  await assert.rejects(answer);
  await cancelled;
  fixture.seen.release();
});
