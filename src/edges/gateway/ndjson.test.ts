import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { test } from "node:test";
import { advanceUntil } from "../../testing/advance-until.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createGreeter } from "./fixtures/greeter.ts";
import { type Fixture, openFixture } from "./fixtures/open-fixture.ts";
import { gatewayLimits, sweepMs } from "./limits.ts";

async function openGreeter(options: Parameters<typeof openFixture>[1] = {}) {
  const { greeter, seen } = createGreeter();
  return { ...(await openFixture([greeter], options)), seen };
}

const accept = "application/x-ndjson";

function postLines(fixture: Fixture, path: string, body: string | Buffer, headers = {}) {
  const init = { method: "POST", headers: { "content-type": accept, ...headers }, body };
  return fixture.fetch(path, { ...init, duplex: "half" } as RequestInit);
}

/** A request whose body is written line by line while its answer is read. */
function openRequest(fixture: Fixture, path: string) {
  const headers = { "content-type": accept };
  const sending = request(fixture.gateway.url + path, { method: "POST", headers });
  sending.on("error", ignore);
  sending.flushHeaders();
  return sending;
}

test("a stream is sent as one JSON text a line to who accepts lines, and nothing else", async () => {
  await using fixture = await openGreeter();
  const response = await fixture.fetch("/greeter/count", { json: { to: 2 }, headers: { accept } });
  assert.equal(response.headers.get("content-type"), "application/x-ndjson");
  assert.equal(await response.text(), '{"n":1}\n{"n":2}\n');
  const get = await fixture.fetch("/greeter/count/1", { method: "GET", headers: { accept } });
  assert.equal(await get.text(), '{"n":1}\n');
});

test("a stream that is accepted in no form is 406", async () => {
  await using fixture = await openGreeter();
  const headers = { accept: "application/json" };
  const response = await fixture.fetch("/greeter/count", { json: { to: 2 }, headers });
  assert.equal(response.status, 406);
  assert.match(await response.text(), /text\/event-stream or application\/x-ndjson/);
});

test("a stream that fails ends with a line that no message can be", async () => {
  await using fixture = await openGreeter();
  const json = { to: 2_000 };
  const response = await fixture.fetch("/greeter/count", { json, headers: { accept } });
  const lines = (await response.text()).trimEnd().split("\n");
  assert.equal(lines.length, 1_000);
  const [word, problem] = JSON.parse(lines.at(-1) ?? "") as [string, { [field: string]: unknown }];
  assert.deepEqual([word, problem["code"], problem["status"]], ["error", "internal", 500]);
  assert.doesNotMatch(JSON.stringify(lines), /secret/);
});

test("a stream of lines is what a client stream takes, blank lines and missing ends included", async () => {
  await using fixture = await openGreeter();
  const body = '{"text":"a"}\r\n\n  \n{"text":"b"}\n{"text":"c"}';
  const response = await postLines(fixture, "/greeter/total", body);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), { lines: 3, text: "a b c" });
  const empty = await postLines(fixture, "/greeter/total", "");
  assert.deepEqual(await empty.json(), { lines: 0, text: "" });
});

test("a typed error of a client stream keeps its status and data", async () => {
  await using fixture = await openGreeter();
  const response = await postLines(fixture, "/greeter/total", '{"text":"STOP"}\n');
  const problem = (await response.json()) as { type: string; data: unknown };
  assert.deepEqual([response.status, problem.data], [400, { line: 1 }]);
  assert.equal(problem.type, "urn:reef:error:greeter:shouting");
});

test("a bidirectional stream answers each line before the next one is sent", async () => {
  await using fixture = await openGreeter();
  const sending = openRequest(fixture, "/greeter/chat");
  sending.write('{"text":"a"}\n');
  const [response] = await once(sending, "response");
  assert.equal(response.headers["content-type"], "application/x-ndjson");
  const chunks = response[Symbol.asyncIterator]();
  assert.equal(String((await chunks.next()).value), '{"text":"a"}\n');
  sending.write('{"text":"b"}\n{"text":');
  assert.equal(String((await chunks.next()).value), '{"text":"b"}\n');
  sending.end('"c"}');
  assert.equal(String((await chunks.next()).value), '{"text":"c"}\n');
  assert.equal((await chunks.next()).done, true);
});

test("a bidirectional stream is sent as events to who accepts only those", async () => {
  await using fixture = await openGreeter();
  const headers = { accept: "text/event-stream" };
  const response = await postLines(fixture, "/greeter/chat", '{"text":"a"}', headers);
  assert.equal(await response.text(), 'data: {"text":"a"}\n\nevent: end\ndata: {}\n\n');
});

test("a method that answers before the end of its inputs is heard at once", async () => {
  await using fixture = await openGreeter();
  const sending = openRequest(fixture, "/greeter/total");
  sending.write('{"text":"enough"}\n');
  const [response] = await once(sending, "response");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  assert.equal(text, '{"lines":1,"text":"enough"}');
  sending.destroy();
});

test("a line that is not JSON, not UTF-8, no message or too long ends the call", async () => {
  await using fixture = await openGreeter({ limits: { bodyBytesMax: 100 } });
  const good = '{"text":"a"}\n';
  const bad: [string | Buffer, number][] = [
    [`${good}{"text":\n`, 400],
    [`${good}["end"]\n`, 400],
    [`${good}7\n`, 400],
    [Buffer.concat([Buffer.from(good), Buffer.from([0x22, 0xff, 0x22, 0x0a])]), 400],
    [`${good}{"text":"${"x".repeat(100)}"}\n`, 413],
    [`${good}{"text":"${"x".repeat(200_000)}`, 413],
  ];
  for (const [body, status] of bad) {
    const response = await postLines(fixture, "/greeter/total", body);
    assert.equal(response.status, status, await response.text());
  }
  // What they held is given back.
  const one = await postLines(fixture, "/greeter/total", good);
  assert.equal(one.status, 200);
});

test("a slow method slows its sender, and what waits is bounded", async () => {
  await using fixture = await openGreeter();
  const sending = openRequest(fixture, "/greeter/total");
  sending.write('{"text":"wait"}\n');
  const line = Buffer.from(`{"text":"${"x".repeat(60_000)}"}\n`);
  let sent = 0;
  while (sent < 2_000 && sending.write(line)) sent += 1;
  while (sent < 2_000 && (await drainedSoon(sending))) sent += 1 + Number(sending.write(line));
  assert.ok(sent < 500, `${sent} lines of 60 kB went through to a method that takes none`);
  fixture.seen.release();
  sending.end();
  const [response] = await once(sending, "response");
  assert.equal(response.statusCode, 200);
  response.resume();
});

test("lines may take longer than a body, but not stop for inputIdleMs", async () => {
  const clock = createManualClock();
  await using fixture = await openGreeter({ clock });
  const sending = openRequest(fixture, "/greeter/chat");
  sending.write('{"text":"a"}\n');
  const [response] = await once(sending, "response");
  const chunks = response[Symbol.asyncIterator]();
  await chunks.next();
  for (let ms = 0; ms < 3 * gatewayLimits.requestTimeoutMs; ms += sweepMs) {
    await clock.advance(sweepMs);
    if (ms % 10_000 > 0) continue;
    sending.write('{"text":"b"}\n');
    // Blank lines keep it alive.
    for (let read = ""; read === "";) read = String((await chunks.next()).value).trim();
  }
  let last = "";
  const read = async () => {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      last = String(next.value);
    }
  };
  await advanceUntil(clock, read(), { stepMs: sweepMs });
  assert.match(last, /\["error",\{"type":"urn:reef:problem:body_timeout"/);
  sending.destroy();
});

test("a client that leaves in the middle of its lines ends the call", async () => {
  await using fixture = await openGreeter();
  const ended = once(fixture.seen.events, "chat ended");
  const sending = openRequest(fixture, "/greeter/chat");
  sending.write('{"text":"a"}\n{"te');
  await once(sending, "response");
  sending.destroy();
  await ended;
});

test("lines for a method with one input are 415, and a coding of lines too", async () => {
  await using fixture = await openGreeter();
  assert.equal((await postLines(fixture, "/greeter/hello", "{}")).status, 415);
  const headers = { "content-encoding": "gzip" };
  assert.equal((await postLines(fixture, "/greeter/total", "{}", headers)).status, 415);
});

/** Whether there is room again before the other side has surely stopped to read. */
function drainedSoon(sending: ReturnType<typeof request>): Promise<boolean> {
  return once(sending, "drain", { signal: AbortSignal.timeout(500) }).then(
    () => true,
    () => false,
  );
}

/** The request was ended on purpose. */
function ignore(): void {}
