/** Somebody tries wrong tokens without end at each entrance: he is slowed down, and whoever has a good one goes on. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, test, type TestContext } from "node:test";

import { Doorkeeper } from "../../src/rpc/doorkeeper.ts";
import type { Visitor } from "../../src/rpc/doorkeeper/wrong-tokens.ts";
import { jsonEnvelope, openHttp2Caller } from "../../src/rpc/grpc/test-caller.ts";
import { frame } from "../../src/rpc/wire/frames.ts";
import { rawAuth } from "../../src/rpc/wire/test-guarded.ts";
import { openRawCaller, rawCall, rawMethod } from "../../src/rpc/wire/test-raw-peer.ts";
import { soon } from "../../src/testing/soon.ts";
import { type Doors, openDoors, people, secret } from "../doors/open-doors.ts";

/** As they are, but so few that a test is short. */
const wrong = {
  checkedAtOnce: 3,
  checkedPerSession: 2,
  toldAtOnce: 2,
  toldPerSecond: 4,
  heldMs: 2_000,
  heldMax: 3,
  heldPerConnection: 2,
  bornePerConnection: 50,
};
const entry = { table: "t", key: "aGk=" };

let doors: Doors;
let good: string;
let next = 0;

before(async () => {
  doors = await openDoors({ wrong });
  await doors.closeServices();
  good = await doors.tokenOf("owner");
  assert.equal(await statusOf("gateway", good), 200);
});

after(() => doors[Symbol.asyncDispose]());

/** Nothing is left of what the test before has used up. */
beforeEach(() => doors.clock.advance(60_000));

/** Of another session each, with a signature that has to be looked at. */
function forged(): string {
  const [head, claims = "", signature] = good.split(".");
  const said = JSON.parse(Buffer.from(claims, "base64url").toString()) as object;
  const other = JSON.stringify({ ...said, sid: `${String((next += 1)).padStart(12, "x")}.1` });
  return `${head}.${Buffer.from(other).toString("base64url")}.${signature}`;
}

type Edge = "gateway" | "proxy";

/** 0 when the connection was closed without an answer. Those that are under way together have one each. */
async function statusOf(edge: Edge, token: string, signal?: AbortSignal): Promise<number> {
  const path = edge === "gateway" ? "store/get" : "store.v1.Store/Get";
  const sent = fetch(`${doors[edge].url}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify(entry),
    ...(signal && { signal }),
  });
  const response = await sent.catch(() => undefined);
  await response?.text();
  return response?.status ?? 0;
}

/** Resolves with the next visitor that a door is asked about, who is kept waiting. */
function nextVisitor({ mock }: TestContext): Promise<Visitor> {
  const { promise, resolve } = Promise.withResolvers<Visitor>();
  mock.method(Doorkeeper.prototype, "identify", (_shown: string, visitor: Visitor) => {
    resolve(visitor);
    return new Promise<never>(() => {});
  });
  return promise;
}

const leavers = {
  "the gateway": (signal) => statusOf("gateway", good, signal),
  "the proxy": (signal) => statusOf("proxy", good, signal),
  "the proxy over HTTP/2": async (signal) => {
    await using caller = openHttp2Caller(doors.proxy.url);
    const said = {
      "content-type": "application/grpc+json",
      te: "trailers",
      authorization: "Bearer x",
    };
    const sent = caller.post("/store.v1.Store/Get", said, jsonEnvelope(entry)).catch(() => 0);
    await Promise.race([sent, once(signal, "abort")]);
    return 0;
  },
} satisfies { readonly [edge: string]: (signal: AbortSignal) => Promise<number> };

for (const [edge, ask] of Object.entries(leavers)) {
  test(`${edge} hears at once when somebody leaves while his refusal waits`, async (t) => {
    const leaving = new AbortController();
    const coming = nextVisitor(t);
    const asked = ask(leaving.signal);
    const visitor = await soon("A visitor", coming);
    const gone = new Promise<void>((resolve) => visitor.onceGone(resolve));
    leaving.abort();
    await soon("The end of the visit", gone);
    assert.equal(await asked, 0);
  });
}

for (const edge of ["gateway", "proxy"] as const) {
  test(`at the ${edge} refusals are told, then held back, then not told, and others notice nothing`, async () => {
    const seen: number[] = [];
    const knocks = Array.from({ length: 10 }, async () => {
      seen.push(await statusOf(edge, forged()));
    });
    const { toldPerSecond, heldMax } = wrong;
    await soon("Those that are told or cut off", untilSeen(seen, knocks.length - heldMax));
    assert.equal(seen.filter((status) => status === 0).length, 10 - toldPerSecond - heldMax);
    assert.equal(await statusOf(edge, good), 200);
    await doors.clock.advance(2 * wrong.heldMs);
    await soon("Those that were held back", Promise.all(knocks));
    assert.ok(seen.every((status) => [0, 401, 429].includes(status)));
    assert.equal(await statusOf(edge, good), 200);
  });
}

async function untilSeen(seen: readonly number[], count: number): Promise<void> {
  while (seen.length < count) await new Promise((resolve) => setImmediate(resolve));
}

test("wrong tokens keep neither the next token of a login out nor a new login", async () => {
  const { id, namespace } = people.keeper;
  const realm = doors.auth.realm(namespace);
  const login = await realm.login(id, secret);
  assert.equal(await statusOf("gateway", login.accessToken), 200);
  const seen: number[] = [];
  // More than the shares of newcomers and of all others together.
  const attack = Array.from({ length: 12 }, async () => {
    seen.push(await statusOf("proxy", forged()));
  });
  await soon("Those that do not wait", untilSeen(seen, attack.length - wrong.heldMax));
  const renewed = await realm.refresh(login.refreshToken);
  assert.equal(await statusOf("gateway", renewed.accessToken), 200);
  await doors.clock.advance(2 * wrong.heldMs);
  await Promise.all(attack);
  // Connections that have shown a wrong one do not use up what newcomers have.
  const fresh = await realm.login(id, secret);
  assert.equal(await statusOf("gateway", fresh.accessToken), 200);
});

for (const edge of ["gateway", "proxy"] as const) {
  test(`whoever guesses secrets at the ${edge} is told as one with wrong tokens, and others log in`, async () => {
    const logIn = async (id: string, guess: string) => {
      const path = edge === "gateway" ? "auth/login" : "auth.v1.Auth/Login";
      const sent = fetch(`${doors[edge].url}/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ id, secret: guess }),
      });
      const response = await sent.catch(() => undefined);
      await response?.text();
      return response?.status ?? 0;
    };
    const seen: number[] = [];
    const guesses = Array.from({ length: 10 }, async (_, n) => {
      seen.push(await logIn(`user:nobody-${n}`, "a guess of a secret"));
    });
    await soon("Those that do not wait", untilSeen(seen, guesses.length - wrong.heldMax));
    assert.ok(seen.includes(0) && seen.includes(401));
    assert.equal(await logIn(people.keeper.id, secret), 200);
    await doors.clock.advance(2 * wrong.heldMs);
    await soon("Those that were held back", Promise.all(guesses));
  });
}

test("over gRPC a stream is cut off and its connection goes on", async () => {
  await using caller = openHttp2Caller(doors.proxy.url);
  const post = (token: string) => {
    const headers = { "content-type": "application/grpc+json", te: "trailers" };
    const said = { ...headers, authorization: `Bearer ${token}` };
    return caller.post("/store.v1.Store/Get", said, jsonEnvelope(entry));
  };
  const { toldAtOnce, heldPerConnection } = wrong;
  const held = Array.from({ length: toldAtOnce + heldPerConnection }, () => post(forged()));
  await soon("Those that are told", Promise.all(held.slice(0, toldAtOnce)));
  const cut = await post(forged()).then(
    () => "answered",
    (error: NodeJS.ErrnoException) => error.message,
  );
  assert.match(cut, /NGHTTP2_ENHANCE_YOUR_CALM/);
  const answer = await post(good);
  assert.equal(answer.trailers["grpc-status"], "0");
  await doors.clock.advance(2 * wrong.heldMs);
  for (const each of await soon("Those that were held back", Promise.all(held))) {
    const status = each.trailers["grpc-status"] ?? each.headers["grpc-status"];
    assert.ok(status === "16" || status === "8", `it was answered ${status}`);
  }
});

test("many connections with wrong identities keep none of those that come by our own wire out", async () => {
  const attackers = await Promise.all(
    Array.from({ length: 8 }, () => openRawCaller(doors.ports.block, {})),
  );
  await using owner = await openRawCaller(doors.ports.block, {
    credentials: { scheme: "token", token: good },
  });
  const get = rawMethod(1, "get", { service: "store" });
  for (const attacker of attackers) {
    const many = Array.from({ length: 20 }, (_, n) => rawAuth(n + 1, forged()));
    attacker.send(get, ...many, rawCall(1, 1, entry, 1));
  }
  const { id, namespace } = people.keeper;
  const login = await doors.auth.realm(namespace).login(id, secret);
  owner.send(get, rawCall(1, 1, entry), rawAuth(1, login.accessToken), rawCall(2, 1, entry, 1));
  const seen = new Map<number, number>();
  while (seen.size < 2) {
    const answer = await soon("An answer", owner.next());
    assert(answer, "the connection has ended");
    seen.set(answer.call, answer.type);
    // One whose token was not looked at comes again, and is looked at when there is room.
    if (answer.call === 2 && answer.type === frame.error) {
      await doors.clock.advance(1_000);
      seen.delete(2);
      owner.send(rawCall(2, 1, entry, 1));
    }
  }
  assert.deepEqual([...seen.values()], [frame.reply, frame.reply]);
  for (const attacker of attackers) {
    const refused = await soon("A refusal", attacker.next());
    assert.equal(refused?.type, frame.error);
    await attacker[Symbol.asyncDispose]();
  }
});
