/** Who calls over a connection: the peer by HELLO, others by AUTH; what each may, and how hostile peers fare. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { audienceOf } from "../../core/audience.ts";
import { soon } from "../../testing/soon.ts";
import { wrongLimits } from "../doorkeeper/wrong-tokens.ts";
import type { Call } from "../server-call.ts";
import { frame, identitiesMax } from "./frames.ts";
import { type GuardedServer, mayCall, openGuardedServer, rawAuth, until } from "./test-guarded.ts";
import { openRawCaller, rawCall, rawFrame, rawMethod, type RawPeer } from "./test-raw-peer.ts";
import { openTestServer } from "./test-wire.ts";

const named = [
  rawMethod(1, "hello"),
  rawMethod(2, "nothing"),
  rawMethod(3, "count", { kind: "server_stream" }),
];

/** Answers with the account of its caller. */
const whoami = {
  hello: (_: unknown, { caller }: Call) => ({
    message: caller.kind === "anonymous" ? "nobody" : `${caller.id} of ${caller.namespace}`,
  }),
};

async function openPeer({ address }: Pick<GuardedServer, "address">, token?: string) {
  const credentials = token === undefined ? { scheme: "anonymous" } : { scheme: "token", token };
  const peer = await openRawCaller(address, { credentials });
  peer.send(...named);
  return peer;
}

/** `user:ann of default`, or the code of the error. */
async function outcome(peer: RawPeer, call: number): Promise<string> {
  for (;;) {
    const next = await soon(`The outcome of ${call}`, peer.next());
    assert(next, "the connection has ended");
    if (next.call !== call) continue;
    const { message, code } = JSON.parse(next.payload.toString()) as { [name: string]: string };
    return (next.type === frame.error ? code : message) ?? "";
  }
}

async function ask(peer: RawPeer, call: number, identity = 0): Promise<string> {
  peer.send(rawCall(call, 1, { name: "" }, identity));
  return outcome(peer, call);
}

test("the token of HELLO says who calls, and a rule says what that one may", async () => {
  await using server = await openGuardedServer(whoami, [mayCall("staff", "hello")]);
  await using ann = await openPeer(server, await server.token("user:ann"));
  assert.equal(await ask(ann, 1), "user:ann of default");
  ann.send(rawCall(2, 2, {}));
  assert.equal(await outcome(ann, 2), "permission_denied");
  await using bob = await openPeer(server, await server.token("user:bob", []));
  assert.equal(await ask(bob, 1), "permission_denied");
  await using nobody = await openPeer(server);
  assert.equal(await ask(nobody, 1), "unauthenticated");
  await server.realm.putRule(mayCall("", "hello"));
  await until(async () => (await ask(nobody, 2)) === "nobody");
});

test("without a doorkeeper credentials are taken, and everybody is nobody known", async () => {
  await using server = await openTestServer(whoami);
  await using peer = await openPeer(server, "anything");
  assert.equal(await ask(peer, 1), "nobody");
  peer.send(rawAuth(7, "anything else"));
  assert.equal(await ask(peer, 2, 7), "nobody");
});

test("AUTH adds identities, and a number can be given to somebody else", async () => {
  await using server = await openGuardedServer(whoami);
  await using peer = await openPeer(server);
  peer.send(rawAuth(1, await server.token("user:ann")), rawAuth(2, await server.token("user:bob")));
  assert.equal(await ask(peer, 1, 2), "user:bob of default");
  assert.equal(await ask(peer, 2, 1), "user:ann of default");
  peer.send(rawAuth(1, await server.token("user:eve", [])));
  assert.equal(await ask(peer, 3, 1), "permission_denied");
  peer.send(rawAuth(2, { scheme: "anonymous" }));
  assert.equal(await ask(peer, 4, 2), "unauthenticated");
  assert.equal(await ask(peer, 5, 3), "unauthenticated");
});

test("calls that come in one piece with AUTH are each made by whom they name", async () => {
  await using server = await openGuardedServer(whoami);
  await using peer = await openPeer(server);
  const [ann, bob] = [await server.token("user:ann"), await server.token("user:bob")];
  const session: Buffer[] = [];
  for (let call = 1; call <= 20; call += 2) {
    session.push(rawAuth(1, call % 4 === 1 ? ann : bob), rawCall(call, 1, { name: "" }, 1));
    session.push(rawAuth(1, "nonsense"), rawCall(call + 1, 1, { name: "" }, 1));
  }
  peer.send(...session);
  const seen = new Map<number, string>();
  while (seen.size < 20) {
    const next = await soon("An answer", peer.next());
    assert(next);
    const { message, code } = JSON.parse(next.payload.toString()) as { [name: string]: string };
    seen.set(next.call, (next.type === frame.error ? code : message) ?? "");
  }
  for (let call = 1; call <= 20; call += 2) {
    assert.equal(seen.get(call), `user:${call % 4 === 1 ? "ann" : "bob"} of default`);
    assert.equal(seen.get(call + 1), "unauthenticated");
  }
});

test("a token that is bound to another service, or with which somebody acts, is nobody's identity", async () => {
  await using server = await openGuardedServer(whoami);
  await server.token("user:ann");
  const bound = async (audience: string) =>
    (await server.realm.createToken("user:ann", { audience })).token;
  await using peer = await openPeer(server, await bound("trip"));
  assert.equal(await ask(peer, 1), "unauthenticated");
  peer.send(rawAuth(0, await bound("probe")));
  assert.equal(await ask(peer, 2), "user:ann of default");
  assert.equal(audienceOf("default", "acme", "probe"), "acme/probe");
});

test("a METHOD number that is named anew is decided anew", async () => {
  await using server = await openGuardedServer({}, [mayCall("staff", "hello")]);
  await using peer = await openPeer(server, await server.token("user:ann"));
  assert.equal(await ask(peer, 1), "Hello ");
  peer.send(rawMethod(1, "nothing"), rawCall(2, 1, {}));
  assert.equal(await outcome(peer, 2), "permission_denied");
});

test("revoking a session and changing a rule take effect on the next call of an open connection", async () => {
  await using server = await openGuardedServer(whoami);
  await server.token("user:ann");
  const { token, session } = await server.realm.createToken("user:ann");
  await using peer = await openPeer(server, token);
  assert.equal(await ask(peer, 1), "user:ann of default");
  await server.realm.endSession(session);
  await until(async () => (await ask(peer, 2)) === "unauthenticated");
  peer.send(rawAuth(1, await server.token("user:ann")));
  assert.equal(await ask(peer, 3, 1), "user:ann of default");
  await server.realm.deleteRule("may-staff", { force: true });
  await until(async () => (await ask(peer, 4, 1)) === "permission_denied");
});

/** Streams until it is stopped. */
function endless() {
  const stopped = Promise.withResolvers<void>();
  async function* count(_: unknown, call: Call) {
    try {
      yield { n: 1 };
      await new Promise((_resolve, reject) => {
        call.signal.addEventListener("abort", () => reject(call.signal.reason));
      });
    } finally {
      stopped.resolve();
    }
  }
  return { handlers: { count }, stopped: stopped.promise };
}

for (const how of ["its session is revoked", "a rule forbids it", "its token expires"] as const) {
  test(`an open stream ends when ${how}, and its handler is told`, async () => {
    const { handlers, stopped } = endless();
    await using server = await openGuardedServer(handlers);
    await server.token("user:ann");
    const lifetimeMs = 60_000;
    const { token, session } = await server.realm.createToken("user:ann", { lifetimeMs });
    await using peer = await openPeer(server, token);
    peer.send(rawCall(1, 3, { to: 1 }));
    await soon("An item", peer.nextOf(frame.item));
    if (how === "its session is revoked") await server.realm.endSession(session);
    else if (how === "a rule forbids it")
      await server.realm.deleteRule("may-staff", { force: true });
    else await server.wall.advance(lifetimeMs + 1_000);
    const code = how === "a rule forbids it" ? "permission_denied" : "unauthenticated";
    assert.equal(await outcome(peer, 1), code);
    await soon("The end of the handler", stopped);
  });
}

test("an open stream outlives its token when the same one renews it, and not when another one comes", async () => {
  const { handlers } = endless();
  await using server = await openGuardedServer(handlers);
  await server.token("user:ann");
  const short = async () =>
    (await server.realm.createToken("user:ann", { lifetimeMs: 60_000 })).token;
  await using peer = await openPeer(server, await short());
  peer.send(rawAuth(1, await short()), rawCall(1, 3, { to: 1 }), rawCall(2, 3, { to: 1 }, 1));
  await soon("An item", peer.nextOf(frame.item));
  await soon("An item", peer.nextOf(frame.item));
  peer.send(rawAuth(0, await server.token("user:ann")), rawAuth(1, await server.token("user:bob")));
  // Both are known when a call of the second is answered.
  peer.send(rawCall(3, 2, {}, 1));
  await soon("An answer", peer.nextOf(frame.reply));
  await server.wall.advance(61_000);
  assert.equal(await outcome(peer, 2), "unauthenticated");
  peer.send(rawCall(4, 2, {}));
  const next = await soon("An answer", peer.next());
  assert.deepEqual([next?.type, next?.call], [frame.reply, 4]);
});

const broken: { readonly [claim: string]: Buffer } = {
  "a number beyond the limit": rawAuth(identitiesMax + 1, "x"),
  "no number": rawFrame(frame.auth, { payload: Buffer.from([1]) }),
  "credentials that are no JSON": rawFrame(frame.auth, { payload: Buffer.from([1, 0, 0x7b]) }),
  "credentials that are null": rawAuth(1, null),
  "credentials without a scheme": rawAuth(1, { token: "x" }),
  "more than a token": rawAuth(1, "x".repeat(10_000)),
};

for (const [claim, bytes] of Object.entries(broken)) {
  test(`AUTH with ${claim} ends the connection, and no other`, async () => {
    await using server = await openGuardedServer(whoami);
    await using peer = await openPeer(server);
    peer.send(bytes);
    await soon("The end", peer.left);
    await using ann = await openPeer(server, await server.token("user:ann"));
    assert.equal(await ask(ann, 1), "user:ann of default");
  });
}

test("a peer that sends wrong tokens without end is sent away, and others are served meanwhile", async () => {
  await using server = await openGuardedServer(whoami);
  await using flooding = await openPeer(server);
  await using ann = await openPeer(server, await server.token("user:ann"));
  const good = await server.token("user:bob");
  const { bornePerConnection } = wrongLimits;
  const rawWrong = (n: number) => rawAuth(1 + (n % identitiesMax), `${good}${n}`);
  const many = Array.from({ length: bornePerConnection }, (_, n) => rawWrong(n));
  flooding.send(...many, rawAuth(5, good));
  // As many as are borne keep nobody out.
  assert.equal(await ask(flooding, 1, 5), "user:bob of default");
  flooding.send(rawWrong(0));
  const last = await soon("The refusal", flooding.next());
  assert.equal(JSON.parse(last?.payload.toString() ?? "{}").code, "resource_exhausted");
  assert.equal(await soon("The end", flooding.next()), undefined);
  assert.equal(await ask(ann, 1), "user:ann of default");
});

test("a service's own port knows callers over HTTP by their Authorization, which no handler sees", async () => {
  let metadata: unknown;
  const handlers = {
    hello: (input: unknown, call: Call) => {
      ({ metadata } = call);
      return whoami.hello(input, call);
    },
  };
  await using server = await openGuardedServer(handlers, [mayCall("staff", "hello")]);
  const tokens = {
    ann: await server.token("user:ann"),
    bob: await server.token("user:bob", []),
    nobody: undefined,
    nonsense: "a.b.c",
  };
  const answers: { [who: string]: unknown } = {};
  for (const [who, token] of Object.entries(tokens)) {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(server.address.replace("tcp", "http") + "/probe.v1.Probe/Hello", {
      method: "POST",
      headers: { "content-type": "application/json", "x-more": "1", ...authorization },
      body: '{"name":""}',
    });
    const { message, code } = (await response.json()) as { message?: string; code?: string };
    answers[who] = code ?? message;
  }
  assert.deepEqual(answers, {
    ann: "user:ann of default",
    bob: "permission_denied",
    nobody: "unauthenticated",
    nonsense: "unauthenticated",
  });
  assert.equal(JSON.stringify(metadata).includes("x-more"), true);
  assert.equal(JSON.stringify(metadata).includes("Bearer"), false);
});
