import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";

import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { lockNumbers } from "../../contract/numbers/lock-numbers.ts";
import { transportConformance } from "../../rpc/conformance.ts";
import { Probe, probeHandlers } from "../../rpc/conformance/probe.ts";
import { service } from "../../rpc/service.ts";
import { openFixture } from "./fixtures/open-fixture.ts";

const noCredit = "HTTP/2 has no credit by messages: what fits into its windows is made ahead";

transportConformance("proxy with JSON", {
  open: (services) => openFixture(services),
  except: {
    "unary: 10,000 calls are under way at once": "the proxy takes 1,024 streams of one connection",
    "error: an unknown method is unimplemented, an unknown service not found":
      "gRPC says unimplemented of both",
    "stream: a slow reader slows the handler": noCredit,
    "stream: a slow handler slows its caller": noCredit,
  },
});

const methods = { name: method({ output: t.object({ name: t.string() }) }) };
const First = contract("shop", methods);
const Second = contract("shop", First.methods, { version: "2.1.0" });

test("openProxy() calls each major version of a service by its path", async () => {
  await using fixture = await openFixture([
    service(First, { name: () => ({ name: "first" }) }),
    service(Second, { name: () => ({ name: "second" }) }),
  ]);
  assert.deepEqual(await fixture.client(First).name(), { name: "first" });
  assert.deepEqual(await fixture.client(Second).name(), { name: "second" });
});

const numbers = { shop: lockNumbers(First.descriptor) };
const InNumbers = contract("shop", methods, { numbers });

test("openProxy() speaks protobuf for a contract with numbers, and says what to do without", async () => {
  const codec = "protobuf";
  await using fixture = await openFixture([service(InNumbers, { name: () => ({ name: "one" }) })], {
    codec,
  });
  assert.deepEqual(await fixture.client(InNumbers).name(), { name: "one" });
  await using bare = await openFixture([service(First, { name: () => ({ name: "" }) })], { codec });
  await assert.rejects(bare.client(InNumbers).name(), {
    code: "failed_precondition",
    message: /reef contract lock/,
  });
});

test("openProxy() keeps the names of the platform closed, and says what there is", async () => {
  const Store = contract("store", First.methods);
  await using fixture = await openFixture([
    service(Store, { name: () => ({ name: "store" }) }),
    service(First, { name: () => ({ name: "first" }) }),
  ]);
  await assert.rejects(fixture.client(Store).name(), {
    code: "unimplemented",
    maybeExecuted: false,
    message: /no service "store.v0.Store", it has shop.v0.Shop/,
  });
});

function post(port: number, headers: { readonly [name: string]: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, path: "/probe.v1.Probe/Hello", method: "POST", headers });
    asked.once("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.once("error", reject);
    asked.end('{"name":"Ann"}');
  });
}

test("openProxy() gives a call the time that its caller gives it, also more than one without a limit has", async () => {
  const hello = (_: unknown, { remainingMs }: { readonly remainingMs: number }) => {
    return { message: remainingMs > 5_000 ? "long" : "short" };
  };
  await using fixture = await openFixture([service(Probe, probeHandlers({ hello }))]);
  const client = fixture.client(Probe);
  assert.equal((await client.hello({ name: "" }, { timeoutMs: 60_000 })).message, "long");
  assert.equal((await client.hello({ name: "" }, { timeoutMs: 4_000 })).message, "short");
});

test("openProxy() answers Connect over HTTP/1.1, and refuses other hosts and pages", async () => {
  await using fixture = await openFixture([service(Probe, probeHandlers())]);
  const { port } = fixture.proxy;
  const json = { "content-type": "application/json" };
  assert.equal(await post(port, json), 200);
  assert.notEqual(await post(port, { ...json, host: "evil.example" }), 200);
  assert.notEqual(await post(port, { ...json, origin: "https://evil.example" }), 200);
});
