/** What goes beside answers on the wire, with one end of it spoken by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Call } from "../server-call.ts";
import { frame } from "./frames.ts";
import {
  openRawCaller,
  openRawServer,
  rawCall,
  rawFrame,
  rawJson,
  rawMethod,
} from "./test-raw-peer.ts";
import { openTestClient, openTestServer } from "./test-wire.ts";

/** A client that notes all headers, and the service that it talks to. */
async function openPair() {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await openRawServer({}));
  const { probe } = stack.use(await openTestClient(server.address));
  const peer = await server.caller;
  const seen: object[] = [];
  const onHeaders = (headers: object) => void seen.push({ ...headers });
  const owned = stack.move();
  return {
    peer,
    seen,
    hello: (signal?: AbortSignal) => probe.hello({ name: "" }, { onHeaders, signal }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test("writeBeside() tells peers who take it, and no others", async () => {
  await using server = await openTestServer({
    hello(_: unknown, call: Call) {
      call.response.headers["x-cell"] = "7";
      call.response.trailers["x-cost"] = "3";
      return { message: "" };
    },
  });
  for (const [hello, expected] of [
    [{ trailers: true }, [frame.headers, frame.trailers, frame.reply]],
    [{}, [frame.reply]],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await using caller = await openRawCaller(server.address, hello);
    caller.send(rawMethod(1, "hello"), rawCall(1, 1, { name: "" }));
    const types: (number | undefined)[] = [];
    do {
      // oxlint-disable-next-line no-await-in-loop
      types.push((await caller.next())?.type);
    } while (types.at(-1) !== frame.reply && types.at(-1) !== undefined);
    assert.deepEqual(types, expected);
  }
});

test("what is said beside an answer and is no metadata ends the connection", async () => {
  await using pair = await openPair();
  const going = pair.hello();
  const { call } = await pair.peer.nextOf(frame.call);
  pair.peer.send(rawFrame(frame.headers, { call, payload: Buffer.from("{") }));
  await assert.rejects(going, { code: "unavailable" });
  assert.deepEqual(pair.seen, []);
});

test("BesideAnswers forgets what came beside an answer with its call", async () => {
  await using pair = await openPair();
  const left = new AbortController();
  const first = pair.hello(left.signal);
  const { call } = await pair.peer.nextOf(frame.call);
  const headers = rawJson(frame.headers, { "x-late": "1" }, { call });
  pair.peer.send(headers);
  left.abort();
  await assert.rejects(first, { code: "cancelled" });
  await pair.peer.nextOf(frame.cancel);
  // Late, and of nobody.
  pair.peer.send(headers);
  const second = pair.hello();
  const { call: next } = await pair.peer.nextOf(frame.call);
  pair.peer.send(rawJson(frame.reply, { message: "" }, { call: next }));
  await second;
  assert.deepEqual(pair.seen, []);
});
