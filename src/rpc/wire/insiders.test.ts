/** Who is in by a key of the platform, when another key takes its place. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Auth } from "../../blocks/auth/index.ts";
import { AccessRules } from "../../core/access-rules.ts";
import { EventSource } from "../../core/events.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { soon } from "../../testing/soon.ts";
import { Doorkeeper } from "../doorkeeper.ts";
import type { KnownToken } from "../doorkeeper/known-tokens.ts";
import { frame } from "./frames.ts";
import { mayCall, rawAuth } from "./test-guarded.ts";
import { openRawCaller, rawCall, rawMethod, type RawPeer } from "./test-raw-peer.ts";
import { openTestServer } from "./test-wire.ts";

const wallMs = 1_800_000_000_000;

/** Nobody has an account. */
const auth: Pick<Auth, "watch"> = {
  async *watch({ signal } = {}) {
    yield { kind: "complete", issuer: "" };
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  },
};

/** Insiders show "old" and "next"; "old" ends when it is told to. */
async function openServer() {
  const clock = createManualClock({ wallMs });
  const changed = new EventSource<void>();
  const ends = { old: Infinity, next: Infinity };
  const known = (key: keyof typeof ends): KnownToken => ({
    account: "service:reef-auth",
    namespace: "default",
    scopes: [],
    session: "",
    generation: 0,
    audience: undefined,
    actor: undefined,
    rules: new AccessRules("default", [mayCall("")]),
    get expiresMs() {
      return ends[key];
    },
  });
  const insiders = {
    find: (token: string) => (token === "old" || token === "next" ? known(token) : undefined),
    onChange: (listener: () => void) => ({ [Symbol.dispose]: changed.on(listener) }),
  };
  const doorkeeper = new Doorkeeper({ auth, audience: "probe", insiders, clock });
  await doorkeeper.present;
  async function* count() {
    yield { n: 1 };
    await new Promise(() => {});
  }
  const handlers = { hello: () => ({ message: "in" }), count };
  const server = await openTestServer(handlers, { doorkeeper, clock, keepaliveMs: 1e9 });
  return {
    clock,
    /** The key of "old" is replaced. */
    replace(endMs: number) {
      ends.old = endMs;
      changed.emit();
    },
    async open() {
      const credentials = { scheme: "token", token: "old" };
      const peer = await openRawCaller(server.address, { credentials });
      const method = { kind: "server_stream" } as const;
      peer.send(rawMethod(1, "hello"), rawMethod(2, "count", method), rawCall(1, 2, { to: 9 }));
      return peer;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await doorkeeper[Symbol.asyncDispose]();
    },
  };
}

/** `in`, or the code of the error; answers of other calls are passed over. */
async function outcome(peer: RawPeer, call: number): Promise<string> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- frames come in turn
    const next = await soon(`The outcome of ${call}`, peer.next());
    assert(next, "the connection has ended");
    if (next.call !== call || (next.type !== frame.reply && next.type !== frame.error)) continue;
    const { message, code } = JSON.parse(next.payload.toString()) as { [name: string]: string };
    return (next.type === frame.error ? code : message) ?? "";
  }
}

function ask(peer: RawPeer, call: number): Promise<string> {
  peer.send(rawCall(call, 1, { name: "" }));
  return outcome(peer, call);
}

test("who shows what the next key proves stays in with what is open, and who does not is out with it", async () => {
  await using it = await openServer();
  await using stays = await it.open();
  await using goes = await it.open();
  for (const peer of [stays, goes]) assert.equal(await ask(peer, 2), "in");
  it.replace(wallMs + 60_000);
  for (const peer of [stays, goes]) assert.equal(await ask(peer, 3), "in");
  stays.send(rawAuth(0, "next"));
  assert.equal(await ask(stays, 4), "in");
  await it.clock.advance(60_500);
  assert.equal(await outcome(goes, 1), "unauthenticated");
  assert.equal(await ask(goes, 4), "unauthenticated");
  stays.send(rawCall(5, 1, { name: "" }));
  // Nothing but this: the stream goes on.
  const next = await soon("The answer", stays.next());
  assert.deepEqual([next?.call, next?.type], [5, frame.reply]);
});
