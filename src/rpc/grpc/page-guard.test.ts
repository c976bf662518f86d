import assert from "node:assert/strict";
import { test } from "node:test";

import { openTestServer } from "../wire/test-wire.ts";
import { jsonEnvelope, openHttp2Caller } from "./test-caller.ts";

const path = "/probe.v1.Probe/Hello";
const json = { "content-type": "application/json" };
const body = Buffer.from('{"name":""}');

test("PageGuard refuses names that are not ours, in the caller's own protocol", async () => {
  await using server = await openTestServer({}, { hosts: ["shop.example"] });
  await using caller = openHttp2Caller(server.address);
  const rebound = { ...json, ":authority": "evil.example:80" };
  const refused = await caller.post(path, rebound, body);
  assert.equal(refused.headers[":status"], 403);
  assert.match(refused.body.toString(), /permission_denied.*evil\.example/);
  const known = await caller.post(path, { ...json, ":authority": "shop.example:80" }, body);
  assert.equal(known.headers[":status"], 200);
  const grpc = { "content-type": "application/grpc+json", ":authority": "evil.example" };
  const status = await caller.post(path, grpc, jsonEnvelope({ name: "" }));
  assert.equal(status.headers["grpc-status"], "7");
});

test("PageGuard refuses pages of other sites, and lets those call that were named", async () => {
  const origins = ["https://shop.example"];
  await using server = await openTestServer({}, { origins });
  await using caller = openHttp2Caller(server.address);
  const other = await caller.post(path, { ...json, origin: "https://evil.example" }, body);
  assert.equal(other.headers[":status"], 403);
  const silent = await caller.post(path, { ...json, "sec-fetch-site": "cross-site" }, body);
  assert.equal(silent.headers[":status"], 403);
  const shop = await caller.post(path, { ...json, origin: "https://shop.example" }, body);
  assert.equal(shop.headers[":status"], 200);
  assert.equal(shop.headers["access-control-allow-origin"], "https://shop.example");
  const url = `${server.address.replace("tcp:", "http:")}${path}`;
  const preflight = await fetch(url, {
    method: "OPTIONS",
    headers: { origin: "https://shop.example" },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-headers"), "*, authorization");
});

test("RequestServer shows whoever came to the wrong door where to go", async () => {
  await using server = await openTestServer();
  const url = server.address.replace("tcp:", "http:");
  const page = await fetch(url);
  assert.equal(page.status, 415);
  assert.match(await page.text(), /gRPC, gRPC-Web, Connect.*gateway/);
  const headers = { "content-type": "application/grpc" };
  const grpc = await fetch(`${url}${path}`, { method: "POST", headers, body });
  assert.match(await grpc.text(), /needs HTTP\/2/);
});
