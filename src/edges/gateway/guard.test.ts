import assert from "node:assert/strict";
import { test } from "node:test";
import { createGreeter } from "./fixtures/greeter.ts";
import { openFixture } from "./fixtures/open-fixture.ts";
import { openGateway } from "./gateway.ts";
import { createMemoryRegistry } from "../../blocks/registry/drivers/memory.ts";

type Options = Parameters<typeof openFixture>[1];

async function openGreeter(options: Options = {}) {
  const { greeter, seen } = createGreeter();
  const fixture = await openFixture([greeter], options);
  /** The first line and the headers of the answer to a call with these headers. */
  async function call(headers: { readonly [name: string]: string }, first = "POST /greeter/mine") {
    const all = { Host: "localhost", "Content-Type": "application/json", ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const length = first.startsWith("POST") ? "Content-Length: 2\r\n" : "";
    const body = length === "" ? "" : "{}";
    return fixture.raw(
      `${first} HTTP/1.1\r\n${lines.join("")}${length}Connection: close\r\n\r\n${body}`,
    );
  }
  return { ...fixture, seen, call };
}

test("Host must be a loopback name, whatever its port", async () => {
  await using fixture = await openGreeter();
  for (const host of [
    "localhost",
    "LocalHost:1",
    "127.0.0.1",
    "127.0.0.1:8080",
    "[::1]",
    "[::1]:80",
  ]) {
    assert.match(await fixture.call({ Host: host }), /^HTTP\/1\.1 200 /, host);
  }
  const strangers = [
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1:80@evil.example",
    "localhost:80:80",
    "localhost:x",
    "localhost.",
    "127.1",
    "0.0.0.0",
    "",
  ];
  for (const host of strangers) {
    const answer = await fixture.call({ Host: host });
    assert.match(answer, /^HTTP\/1\.1 421 [^]*urn:reef:problem:misdirected/, host);
  }
});

test("Host may be a name of the setting hosts", async () => {
  await using fixture = await openGreeter({ hosts: ["Shop.example"] });
  assert.match(await fixture.call({ Host: "shop.example:80" }), /^HTTP\/1\.1 200 /);
  assert.match(await fixture.call({ Host: "SHOP.EXAMPLE" }), /^HTTP\/1\.1 200 /);
});

test("a page of another site cannot call, and nothing is called", async () => {
  await using fixture = await openGreeter();
  const foreign = [
    { Origin: "https://evil.example" },
    { Origin: "http://localhost:3000" },
    { Origin: "null" },
    { Origin: "" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
  ];
  for (const headers of foreign) {
    for (const first of [
      "POST /greeter/hello",
      "GET /greeter/hello/Ann",
      "GET /services",
      "OPTIONS /greeter/hello",
    ]) {
      const answer = await fixture.call(headers, first);
      assert.match(answer, /^HTTP\/1\.1 403 [^]*forbidden_origin/, JSON.stringify(headers));
      assert.doesNotMatch(answer, /access-control/i);
    }
  }
  assert.deepEqual(fixture.seen.inputs, []);
});

test("a page of the gateway itself can call", async () => {
  await using fixture = await openGreeter();
  const own = {
    Host: "localhost:8080",
    Origin: "http://localhost:8080",
    "Sec-Fetch-Site": "same-origin",
  };
  assert.match(await fixture.call(own), /^HTTP\/1\.1 200 /);
});

test("a page of an allowed origin can call and read the answer, also of a preflight", async () => {
  await using fixture = await openGreeter({ origins: ["https://shop.example"] });
  const headers = { Origin: "https://shop.example", "Sec-Fetch-Site": "cross-site" };
  const answer = await fixture.call(headers);
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.match(
    answer,
    /access-control-allow-origin: https:\/\/shop\.example\r\n[^]*vary: origin\r\n/,
  );
  const preflight = await fixture.call(headers, "OPTIONS /greeter/hello");
  assert.match(preflight, /^HTTP\/1\.1 204 /);
  assert.match(preflight, /access-control-allow-methods: POST, OPTIONS\r\n/);
  assert.match(preflight, /access-control-allow-headers: authorization, content-type, /);
  assert.match(await fixture.call({ Origin: "https://shop.example.evil" }), /^HTTP\/1\.1 403 /);
});

test("OPTIONS without an origin says what a path takes, and 404 of nobody's path", async () => {
  await using fixture = await openGreeter();
  assert.match(
    await fixture.call({}, "OPTIONS /greeter/hello/Ann"),
    /allow: GET, HEAD, OPTIONS\r\n/,
  );
  assert.match(await fixture.call({}, "OPTIONS /greeter/nothing"), /^HTTP\/1\.1 404 /);
});

test("what a form can send is 415", async () => {
  await using fixture = await openGreeter();
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain; application/json",
    "application/json; charset=latin1",
    "application/json, text/plain",
    "application/jsonp",
    "",
  ];
  for (const type of types) {
    assert.match(await fixture.call({ "Content-Type": type }), /^HTTP\/1\.1 415 /, type);
  }
  for (const type of [
    "application/json;charset=UTF-8",
    "application/ld+json",
    "Application/JSON",
  ]) {
    assert.match(await fixture.call({ "Content-Type": type }), /^HTTP\/1\.1 200 /, type);
  }
  assert.match(await fixture.call({ "Content-Encoding": "gzip" }), /^HTTP\/1\.1 415 /);
});

test("openGateway() refuses an origin that no browser would send", async () => {
  const registry = createMemoryRegistry();
  const connect = () => assert.fail("there is nothing to connect to");
  for (const origin of [
    "*",
    "shop.example",
    "https://shop.example/",
    "https://SHOP.example",
    "null",
  ]) {
    await assert.rejects(openGateway({ registry, connect, origins: [origin] }), {
      code: "invalid_argument",
    });
  }
});
