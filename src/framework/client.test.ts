import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import { textOf } from "../blocks/store/index.ts";
import { type Handlers, service } from "../rpc/service.ts";
import { client } from "./client.ts";
import { Echo, Front } from "./fixtures/echo.ts";
import { openPlatform } from "./platform.ts";
import { openFolder, openTestPlatform } from "./test-programs.ts";

const handlers: Handlers<(typeof Echo)["methods"]> = {
  say: (message) => message,
  wait: () => new Promise(() => {}),
  async *beat({ times }) {
    for (let n = 1; n <= times; n += 1) yield { text: String(n) };
  },
};
const echo = service(Echo, handlers);

test("client() of a service starts it with the first call, and stops it when it is disposed", async () => {
  const events: string[] = [];
  const watched = service(Echo, handlers, {
    start: () => {
      events.push("start");
      return { [Symbol.dispose]: () => void events.push("stop") };
    },
  });
  const echoClient = client(watched);
  await Promise.all([echoClient.say({ text: "a" }), echoClient.say({ text: "b" })]);
  assert.deepEqual(events, ["start"]);
  await echoClient[Symbol.asyncDispose]();
  await echoClient[Symbol.asyncDispose]();
  assert.deepEqual(events, ["start", "stop"]);
});

test("client() of a service cancels its calls when it is disposed, and waits for none", async () => {
  const echoClient = client(echo);
  const answer = assert.rejects(echoClient.wait({ ms: 0 }), { code: "cancelled" });
  await echoClient.say({ text: "" });
  await echoClient[Symbol.asyncDispose]();
  await answer;
});

test("client() refuses calls after it was disposed, and opens nothing for them", async () => {
  let starts = 0;
  const counted = service(Echo, handlers, { start: () => void (starts += 1) });
  const refusal = { code: "cancelled", maybeExecuted: false };
  for (const echoClient of [client(counted), client(Echo), client(Echo, { address: "unix:/x" })]) {
    await echoClient[Symbol.asyncDispose]();
    await assert.rejects(echoClient.say({ text: "" }), refusal);
  }
  assert.equal(starts, 0);
});

test("client() of a service that does not start fails its calls, never executed, and tries again", async () => {
  let starts = 0;
  const late = service(Echo, handlers, {
    start() {
      starts += 1;
      if (starts === 1) throw new Error("not yet");
    },
  });
  await using echoClient = client(late);
  await assert.rejects(echoClient.say({ text: "" }), { code: "unknown", maybeExecuted: false });
  assert.deepEqual(await echoClient.say({ text: "now" }), { text: "now" });
});

test("client() of a service gives its factory what the test gives", async () => {
  const front = service(Front, ({ client: clientOf }) => {
    const other = clientOf(Echo);
    return { say: (message) => other.say(message) };
  });
  await using echoClient = client(echo);
  // The factory asks for this one and no other.
  await using frontClient = client(front, { context: { client: () => echoClient as never } });
  assert.deepEqual(await frontClient.say({ text: "through" }), { text: "through" });
});

/** Keeps what was said last. */
const keeper = service(Front, ({ store }) => ({
  async say(message) {
    await store.table("said").put("last", message.text);
    return message;
  },
}));

test("client() of a service gives its factory the store that the test gives", async () => {
  const store = createMemoryStore().database("test");
  await using keeperClient = client(keeper, { context: { store } });
  await keeperClient.say({ text: "kept" });
  const entry = await store.table("said").get("last");
  assert.equal(entry && textOf(entry.value), "kept");
});

test("client() of a service without a store says which one to give", async () => {
  const watcher = service(Front, ({ store }) => ({
    async say() {
      for await (const _ of store.table("said").watch()) assert.fail("there is nothing to watch");
      return { text: "" };
    },
  }));
  for (const careless of [keeper, watcher]) {
    await using carelessClient = client(careless);
    const expected = { code: "unavailable", message: /; give "context: \{ store \}", such as/ };
    await assert.rejects(carelessClient.say({ text: "" }), expected);
  }
});

test("client() at an address says when nobody listens there", async () => {
  await using folder = await openFolder();
  await using echoClient = client(Echo, { address: `unix:${folder.path}/nobody.sock` });
  await assert.rejects(echoClient.say({ text: "" }), {
    code: "unavailable",
    maybeExecuted: false,
    message: /nothing listens there/,
  });
});

test("openPlatform() refuses clients after it was disposed", async () => {
  await using it = await openTestPlatform();
  const platform = await openPlatform({ control: it.control });
  await platform[Symbol.asyncDispose]();
  assert.throws(() => platform.client(Echo), { code: "failed_precondition" });
});

test("openPlatform() ends with the reason of its signal", async () => {
  await using it = await openTestPlatform();
  const reason = new Error("enough");
  const options = { control: it.control, signal: AbortSignal.abort(reason) };
  await assert.rejects(openPlatform(options), reason);
  const { signal, abort } = (() => {
    const controller = new AbortController();
    return { signal: controller.signal, abort: () => controller.abort(reason) };
  })();
  const opening = assert.rejects(openPlatform({ control: it.control, signal }), reason);
  abort();
  await opening;
});
