import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { advanceUntil } from "../../testing/advance-until.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createGreeter } from "./fixtures/greeter.ts";
import { openFixture } from "./fixtures/open-fixture.ts";
import { gatewayLimits } from "./limits.ts";
import { keepAliveMs, quietMs } from "./stream-answer.ts";

async function openGreeter(options: Parameters<typeof openFixture>[1] = {}) {
  const { greeter, seen } = createGreeter();
  return { ...(await openFixture([greeter], options)), seen };
}

test("a stream is sent as one event a message, then end", async () => {
  await using fixture = await openGreeter();
  const end = "event: end\ndata: {}\n\n";
  const post = await fixture.fetch("/greeter/count", { json: { to: 2 } });
  assert.equal(post.headers.get("content-type"), "text/event-stream");
  assert.equal(await post.text(), `data: {"n":1}\n\ndata: {"n":2}\n\n${end}`);
  const get = await fixture.fetch("/greeter/count/1", { method: "GET" });
  assert.equal(await get.text(), `data: {"n":1}\n\n${end}`);
});

test("a stream that fails before its first message is answered with a status", async () => {
  await using fixture = await openGreeter();
  const response = await fixture.fetch("/greeter/count", { json: { to: -1 } });
  assert.equal(response.status, 400);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const body = (await response.json()) as { code: string };
  assert.equal(body.code, "out_of_range");
});

test("a stream that fails later ends with an error event that tells nothing of the inside", async () => {
  await using fixture = await openGreeter();
  const response = await fixture.fetch("/greeter/count", { json: { to: 2_000 } });
  const text = await response.text();
  const event = /data: \{"n":999\}\n\nevent: error\ndata: (.*)\n\n$/.exec(text)?.[1];
  const problem = JSON.parse(event ?? "{}") as { [field: string]: unknown };
  assert.deepEqual([problem["code"], problem["status"]], ["internal", 500]);
  assert.equal(problem["instance"], response.headers.get("x-request-id"));
  assert.doesNotMatch(text, /secret/);
  assert.match(JSON.stringify(fixture.lines), /secret of the house/);
});

test("HEAD of a stream is 405", async () => {
  await using fixture = await openGreeter();
  const response = await fixture.fetch("/greeter/count/3", { method: "HEAD" });
  assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET"]);
});

test("a quiet stream gets its head after quietMs, and comments that keep it alive", async () => {
  const clock = createManualClock();
  await using fixture = await openGreeter({ clock });
  const leaving = new AbortController();
  const asked = fixture.fetch("/greeter/count", { json: { to: 0 }, signal: leaving.signal });
  await advanceUntil(clock, asked, { stepMs: quietMs });
  const response = await asked;
  assert.equal(response.status, 200);
  const reader = response.body?.getReader();
  await clock.advance(keepAliveMs);
  const first = await reader?.read();
  assert.equal(Buffer.from(first?.value ?? []).toString(), ": keepalive\n\n");
  const ended = once(fixture.seen.events, "count ended");
  leaving.abort();
  await ended;
});

test("a client that leaves ends the stream at its source", async () => {
  await using fixture = await openGreeter();
  const ended = once(fixture.seen.events, "count ended");
  const socket = await fixture.socket();
  socket.write("GET /greeter/count/0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(socket, "data");
  socket.destroy();
  await ended;
});

test("dispose ends a stream with an event that says so", async () => {
  await using fixture = await openGreeter();
  const ended = once(fixture.seen.events, "count ended");
  const response = await fixture.fetch("/greeter/count", { json: { to: 0 } });
  const started = performance.now();
  await fixture.gateway[Symbol.asyncDispose]();
  assert.match(await response.text(), /^event: error\ndata: .*urn:reef:problem:going_away.*\n\n$/);
  assert.ok(
    performance.now() - started < gatewayLimits.drainMs,
    "a stream does not use up the time to drain",
  );
  await ended;
});

test("a stream beyond streamsMax is 429", async () => {
  await using fixture = await openGreeter({ limits: { streamsMax: 1 } });
  const first = await fixture.fetch("/greeter/count", { json: { to: 0 } });
  const second = await fixture.fetch("/greeter/count", { json: { to: 1 } });
  assert.deepEqual([second.status, second.headers.get("retry-after")], [429, "1"]);
  await first.body?.cancel();
});
