import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import type { Contract } from "../contract/contract.ts";
import { isError } from "../contract/typed-error.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import type { ReefError } from "../core/errors.ts";
import { openFixture } from "../edges/gateway/fixtures/open-fixture.ts";
import { createClient } from "../rpc/client.ts";
import { type Fixture, transportConformance } from "../rpc/conformance.ts";
import { collect, Probe, probeHandlers } from "../rpc/conformance/probe.ts";
import { type Service, service } from "../rpc/service.ts";
import { client } from "./client.ts";
import { FetchRoute } from "./fetch-route.ts";
import { jsonForm } from "./json-form.ts";

const noCredit = "HTTP has no credit: what fits into the buffers of connections is made ahead";
const noMetadata = "the gateway passes on x-request-id only";

transportConformance("fetch", {
  open: openProbe,
  except: {
    "unary: metadata arrives": noMetadata,
    "unary: 10,000 calls are under way at once": "a client over fetch has 1,024",
    "error: an unknown method is unimplemented, an unknown service not found":
      "the gateway says not found of both",
    "stream: a slow reader slows the handler": noCredit,
    "stream: a slow handler slows its caller": noCredit,
    "context: calls at the same time do not see each other's": noMetadata,
    "beside: headers of a stream of inputs are there before the answer is made":
      "the head of an answer over HTTP says how it went",
  },
});

async function openProbe(services: readonly Service[]): Promise<Fixture> {
  await using stack = new AsyncDisposableStack();
  const { gateway } = stack.use(await openFixture(services));
  const route = stack.use(
    new FetchRoute({ baseUrl: gateway.url, form: jsonForm, fetch, requestStreams: true }),
  );
  const owned = stack.move();
  const deadlines = new DeadlineSweep();
  return {
    // With the context that Node has for calls inside of calls.
    client: <C extends Contract>(contract: C) => createClient(contract, { route, deadlines }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A server that answers in its own way. */
async function openServer(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

test("client() over fetch throws the typed errors of the contract, with their data", async () => {
  const handlers = probeHandlers({
    hello: ({ name }, call) => {
      throw call.errors.nobody({ name, raw: new Uint8Array([1, 2]), big: 2n ** 60n });
    },
  });
  await using fixture = await openFixture([service(Probe, handlers)]);
  await using probe = client(Probe, { baseUrl: `${fixture.gateway.url}/` });
  await assert.rejects(probe.hello({ name: "Ann" }), (error: unknown) => {
    assert.ok(isError(error, Probe, "nobody"));
    const data = { name: "Ann", raw: new Uint8Array([1, 2]), big: 2n ** 60n };
    return assert.deepEqual({ ...error.data }, data) === undefined;
  });
});

test("client() over fetch keeps the messages of a caller where bodies cannot be streamed", async () => {
  await using fixture = await openFixture([service(Probe, probeHandlers())]);
  const options = { baseUrl: fixture.gateway.url, requestStreams: false };
  await using probe = client(Probe, options);
  assert.deepEqual(await probe.sum([{ n: 1 }, { n: 2 }]), { sum: 3 });
  await assert.rejects(collect(probe.chat([{ n: 1 }])), { code: "unimplemented" });
  const endless = (function* () {
    for (;;) yield { n: 1_000_000 };
  })();
  await assert.rejects(probe.sum(endless), { code: "resource_exhausted", maybeExecuted: false });
});

test("client() over fetch passes x-request-id on and refuses other metadata", async () => {
  const handlers = probeHandlers({
    hello: (_, call) => ({ message: String(call.metadata["x-request-id"]) }),
  });
  await using fixture = await openFixture([service(Probe, handlers)]);
  await using probe = client(Probe, { baseUrl: fixture.gateway.url });
  const metadata = { "x-request-id": "order-7" };
  assert.equal((await probe.hello({ name: "" }, { metadata })).message, "order-7");
  await assert.rejects(probe.hello({ name: "" }, { metadata: { tenant: "a" } }), {
    code: "unimplemented",
    maybeExecuted: false,
  });
});

test("client() over fetch says that nobody listens, and that nothing was executed", async () => {
  const server = await openServer(() => {});
  await server[Symbol.asyncDispose]();
  await using probe = client(Probe, { baseUrl: server.url });
  await assert.rejects(probe.hello({ name: "" }), { code: "unavailable", maybeExecuted: false });
});

test("client() over fetch refuses a base URL that is none", () => {
  for (const baseUrl of [undefined, "", "/api", "ftp://host", "http://host?x=1"]) {
    const made = () => client(Probe, { ...(baseUrl !== undefined && { baseUrl }) });
    assert.throws(made, { code: "invalid_argument", message: /baseUrl must be a URL/ });
  }
});

test("client() over fetch is over when it is closed, with its calls", async () => {
  await using server = await openServer(() => {});
  const probe = client(Probe, { baseUrl: server.url });
  const going = probe.hello({ name: "" });
  await probe[Symbol.asyncDispose]();
  await assert.rejects(going, { code: "cancelled" });
  await assert.rejects(probe.hello({ name: "" }), { code: "cancelled", maybeExecuted: false });
});

const strange: { readonly [claim: string]: readonly [type: string, body: string, code: string] } = {
  "a page for people": ["text/html", "<html>", "internal"],
  "no JSON": ["application/json", "{", "invalid_argument"],
  "a stream that ends in its middle": ["application/x-ndjson", '{"n":1}\n{"n"', "invalid_argument"],
  "a line that is no message": ["application/x-ndjson", "[1]\n", "internal"],
  "an error in a stream": ["application/x-ndjson", '["error",{"code":"data_loss"}]\n', "data_loss"],
};

for (const [claim, [type, body, code]] of Object.entries(strange)) {
  test(`client() over fetch fails with ${code} on ${claim}`, async () => {
    await using server = await openServer((_request, response) => {
      response.writeHead(200, { "content-type": type }).end(body);
    });
    await using probe = client(Probe, { baseUrl: server.url });
    const lines = type.endsWith("ndjson");
    const going: Promise<unknown> = lines
      ? collect(probe.count({ to: 1 }))
      : probe.hello({ name: "" });
    await assert.rejects(going, (error: ReefError) => error.code === code);
  });
}

test("client() over fetch tries an idempotent call again, and no other", async () => {
  let requests = 0;
  await using server = await openServer((_request, response) => {
    requests += 1;
    if (requests === 1) response.destroy();
    else response.writeHead(200, { "content-type": "application/json" }).end('{"message":"2"}');
  });
  const { hello } = Probe.methods;
  const patient = {
    ...Probe,
    methods: { ...Probe.methods, hello: { ...hello, idempotent: true } },
  };
  await using again = client(patient, { baseUrl: server.url });
  assert.deepEqual({ ...(await again.hello({ name: "" })) }, { message: "2" });
  requests = 0;
  await using once = client(Probe, { baseUrl: server.url });
  await assert.rejects(once.hello({ name: "" }), { code: "unavailable", maybeExecuted: true });
  assert.equal(requests, 1);
});
