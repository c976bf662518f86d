/** Who a call is made by, from the client to the handler, over a real connection. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { accessTokenMs } from "../blocks/auth/index.ts";
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method } from "../contract/method.ts";
import type { Clock } from "../core/clock.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { EventSource } from "../core/events.ts";
import { type CredentialSource, parseTokenId } from "../core/identity.ts";
import { createLogger } from "../core/log.ts";
import { peekToken } from "../core/peek-token.ts";
import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import { soon } from "../testing/soon.ts";
import { createClient } from "./client.ts";
import { Probe } from "./conformance/probe.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { identifiedRoute } from "./identified-route.ts";
import { Passes, type PassesOptions } from "./passes.ts";
import { openRpcServer } from "./server.ts";
import type { Call, ServerCall } from "./server-call.ts";
import { service } from "./service.ts";
import { openConnection } from "./wire/connect.ts";
import { type GuardedServer, mayCall, openGuardedServer, until } from "./wire/test-guarded.ts";

/** Answers who calls and for whom, and keeps what proved it. */
function witness() {
  const proofs: string[] = [];
  const hello = (_: unknown, call: Call) => {
    // The class of every call of a server.
    const { proof } = call as ServerCall;
    if (proof !== undefined) proofs.push(proof);
    const [caller, subject] = [call.caller, call.subject].map((who) =>
      who.kind === "anonymous" ? "nobody" : who.id,
    );
    return { message: caller === subject ? `${caller}` : `${caller} for ${subject}` };
  };
  return { hello, proofs };
}

function sourceOf(first: string) {
  const changed = new EventSource<void>();
  let now = first;
  const source: CredentialSource = {
    token: () => now,
    onChange: (listener) => ({ [Symbol.dispose]: changed.on(listener) }),
  };
  return {
    source,
    change(token: string) {
      now = token;
      changed.emit();
    },
  };
}

async function openCaller(server: GuardedServer, options: Partial<PassesOptions> = {}) {
  const connection = await openConnection(server.address);
  let exchanges = 0;
  const auth: PassesOptions["auth"] = {
    exchange: (token, audience, given) => {
      exchanges += 1;
      return (options.auth ?? server.auth).exchange(token, audience, given);
    },
  };
  const passes = new Passes({ clock: server.wall, ...options, auth });
  const route = identifiedRoute(connection, passes);
  const probe = createClient(Probe, { route, deadlines: new SweepBy(server.wall) });
  return {
    probe,
    route,
    exchanges: () => exchanges,
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await passes[Symbol.asyncDispose]();
    },
  };
}

const name = "";

test("a service shows who it is by a token that is good where it calls alone, exchanged once", async () => {
  const { hello, proofs } = witness();
  await using server = await openGuardedServer({ hello });
  const { source } = sourceOf(await server.token("service:trip"));
  await using it = await openCaller(server, { credentials: source });
  const answers = await Promise.all(Array.from({ length: 5 }, () => it.probe.hello({ name })));
  for (const { message } of [...answers, await it.probe.hello({ name })]) {
    assert.equal(message, "service:trip");
  }
  assert.equal(it.exchanges(), 1);
  assert.deepEqual(new Set(proofs.map((proof) => peekToken(proof)?.aud)), new Set(["probe"]));
});

test("an edge calls in the name of each of its users over one connection, and as nobody without one", async () => {
  const { hello } = witness();
  await using server = await openGuardedServer({ hello }, [mayCall("")]);
  const [ann, bob] = [await server.token("user:ann"), await server.token("user:bob")];
  await using edge = await openCaller(server);
  for (const [as, expected] of [
    [ann, "user:ann"],
    [bob, "user:bob"],
    [undefined, "nobody"],
    [ann, "user:ann"],
  ] as const) {
    assert.equal((await edge.probe.hello({ name }, { as })).message, expected);
  }
  assert.equal(edge.exchanges(), 2);
  await assert.rejects(edge.probe.hello({ name }, { as: "a.b.c" }), {
    code: "unauthenticated",
    maybeExecuted: false,
  });
});

test("more users than a connection has numbers are each themselves", async () => {
  const { hello } = witness();
  await using server = await openGuardedServer({ hello });
  await using edge = await openCaller(server);
  const tokens = [];
  for (let n = 0; n < 1_100; n += 1) {
    const id = `user:u${n % 11}`;
    tokens.push([id, n < 11 ? await server.token(id) : (await server.realm.createToken(id)).token]);
  }
  for (const [id, as] of [...tokens, ...tokens.slice(0, 50)]) {
    assert.equal((await edge.probe.hello({ name }, { as: `${as}` })).message, id);
  }
});

test("a stream outlives the token with which it began, as its caller is given another one", async () => {
  const items = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  async function* count() {
    for (const [index, item] of items.entries()) {
      await item.promise;
      yield { n: index };
    }
  }
  const proofs = new Set<string | undefined>();
  const nothing = (_: unknown, call: Call) => {
    // The class of every call of a server.
    proofs.add((call as ServerCall).proof);
    return {};
  };
  await using server = await openGuardedServer({ count, nothing });
  const { source, change } = sourceOf(await server.token("service:trip"));
  await using it = await openCaller(server, { credentials: source });
  const answers = it.probe.count({ to: 1 });
  items[0]?.resolve();
  assert.deepEqual((await answers.next()).value, { n: 0 });
  await it.probe.nothing();
  // Ten minutes later it is given another token, and five more pass.
  await Promise.all([server.wall.advance(600_000), server.advance(600_000)]);
  change(await server.token("service:trip"));
  await until(async () => {
    await it.probe.nothing();
    return proofs.size === 2;
  });
  await Promise.all([server.wall.advance(400_000), server.advance(400_000)]);
  items[1]?.resolve();
  assert.deepEqual((await soon("An item", answers.next())).value, { n: 1 });
});

const Trip = contract(
  "trip",
  { greet: method({ output: t.object({ message: t.string() }) }) },
  { version: "1.0.0" },
);

/** The service `trip`, which asks the probe for whoever asks it; `asTrip` is what auth gives to it. */
async function openTrip(asTripOf: (knowing: Exchanging) => Exchanging = (knowing) => knowing) {
  await using stack = new AsyncDisposableStack();
  const { hello, proofs } = witness();
  const onTrip = { resource: { type: "service", name: "trip", endpoint: "*" } };
  const rules = [mayCall("service"), mayCall("staff", "*", onTrip)];
  const server = stack.use(await openGuardedServer({ hello }, rules));
  const { source, change } = sourceOf(await server.token("service:trip", ["service"]));
  const asTrip = asTripOf(server.as({ account: "service:trip", namespace: "default" }));
  const outgoing = stack.use(await openCaller(server, { credentials: source, auth: asTrip }));
  const { auth, wall } = server;
  const doorkeeper = stack.use(new Doorkeeper({ auth, audience: "trip", clock: wall }));
  await doorkeeper.present;
  const it = { outgoing, shown: "" };
  const greet = (_input: unknown, call: Call) => {
    it.shown = (call as ServerCall).proof ?? "";
    return it.outgoing.probe.hello({ name });
  };
  const log = createLogger({ write: () => {} });
  const rpc = stack.use(
    await openRpcServer({
      services: [service(Trip, { greet })],
      listen: ["tcp://127.0.0.1:0"],
      context: () => ({
        client: () => assert.fail("it has its own"),
        store: createMemoryStore().database("test"),
        log,
      }),
      doorkeeper,
      log,
    }),
  );
  const connection = stack.use(await openConnection(rpc.addresses[0] ?? ""));
  const passes = stack.use(new Passes({ auth, clock: wall }));
  const route = identifiedRoute(connection, passes);
  const client = createClient(Trip, { route, deadlines: new SweepBy(wall) });
  const greeting = async (as?: string) => (await client.greet({}, as ? { as } : {})).message;
  const owned = stack.move();
  const about = { server, source, change, proofs, greeting };
  return Object.assign(it, about, { [Symbol.asyncDispose]: () => owned.disposeAsync() });
}

/** Deadlines are those of this machine, and tokens expire by a clock that is moved, without a walk to be waited for. */
class SweepBy extends DeadlineSweep {
  readonly #wall: Clock;

  constructor(wall: Clock) {
    super();
    this.#wall = wall;
  }

  override get wallMs(): number {
    return this.#wall.wallMs();
  }
}

type Exchanging = PassesOptions["auth"];

test("a nested call is made by the service, on behalf of who called it; what it was shown is worth nothing elsewhere", async () => {
  await using it = await openTrip();
  const { server, source, greeting } = it;
  const ann = await server.token("user:ann");
  assert.equal(await greeting(ann), "service:trip for user:ann");
  assert.equal(await greeting(ann), "service:trip for user:ann");
  await assert.rejects(greeting(), { code: "unauthenticated" });
  // One that auth does not know as the service that was called acts for itself alone.
  await using unknown = await openCaller(server, { credentials: source });
  it.outgoing = unknown;
  assert.equal(await greeting(ann), "service:trip");
  const asked = unknown.exchanges();
  assert.equal(await greeting(ann), "service:trip");
  assert.equal(unknown.exchanges(), asked);
  await server.wall.advance(10_000);
  assert.equal(await greeting(ann), "service:trip");
  assert.equal(unknown.exchanges(), asked + 1);
  // What Trip was shown proves nobody's identity at the probe, nor that somebody else acts for Ann.
  const { shown } = it;
  await using thief = await openCaller(server);
  await assert.rejects(thief.probe.hello({ name }, { as: shown }), { code: "permission_denied" });
  await using connection = await openConnection(server.address, {
    credentials: sourceOf(shown).source,
  });
  const direct = createClient(Probe, { route: connection, deadlines: new SweepBy(server.wall) });
  await assert.rejects(direct.hello({ name }), { code: "unauthenticated" });
  assert.ok(it.proofs.every((proof) => peekToken(proof)?.aud === "probe"));
});

test("a service acts for somebody for as long as that one has the next token", async () => {
  await using it = await openTrip();
  const { server, source, change, greeting } = it;
  let ann = await server.token("user:ann");
  assert.equal(await greeting(ann), "service:trip for user:ann");
  // What she has shown first expires meanwhile.
  for (let round = 0; round < 3; round += 1) {
    const ms = accessTokenMs * 0.6;
    await Promise.all([server.wall.advance(ms), server.advance(ms)]);
    ann = await nextOf(server, ann);
    change(await nextOf(server, (await source.token()) ?? ""));
    assert.equal(await greeting(ann), "service:trip for user:ann");
    await setImmediate();
    assert.equal(await greeting(ann), "service:trip for user:ann");
  }
});

test("while auth is away services go on for each other, and for people whom they have acted for", async () => {
  let isAway = false;
  await using it = await openTrip((knowing) => ({
    async exchange(...given) {
      if (isAway) throw new ReefError("unavailable", "Cannot reach auth");
      return knowing.exchange(...given);
    },
  }));
  const { server, greeting } = it;
  const [ann, tom, riders] = [
    await server.token("user:ann"),
    await server.token("user:tom"),
    await server.token("service:riders"),
  ];
  assert.equal(await greeting(ann), "service:trip for user:ann");
  isAway = true;
  assert.equal(await greeting(ann), "service:trip for user:ann");
  assert.equal(await greeting(riders), "service:trip");
  await assert.rejects(greeting(tom), { code: "unavailable" });
  isAway = false;
  assert.equal(await greeting(riders), "service:trip for service:riders");
  assert.equal(await greeting(tom), "service:trip for user:tom");
});

/** The next token of the same login. */
async function nextOf({ realm }: GuardedServer, token: string): Promise<string> {
  const { sub = "", sid = "" } = peekToken(token) ?? {};
  return (await realm.issue(sub, { session: parseTokenId(sid).session })).accessToken;
}

test("keys rotate under load, and no call fails", async () => {
  await using server = await openGuardedServer();
  const { source, change } = sourceOf(await server.token("service:trip"));
  await using it = await openCaller(server, { credentials: source });
  let as: string | undefined = await server.token("user:ann");
  let calls = 0;
  const over = new AbortController();
  async function call(asUser: boolean): Promise<void> {
    while (!over.signal.aborted) {
      await it.probe.hello({ name }, asUser ? { as } : {});
      calls += 1;
    }
  }
  const calling = Promise.all([call(true), call(true), call(false), call(false)]);
  const kids = new Set<string>();
  for (let round = 0; round < 4; round += 1) {
    await server.auth.rotateKeys();
    // More than it takes until the new key signs.
    await Promise.all([server.wall.advance(15_000), server.advance(15_000)]);
    as = await server.token("user:ann");
    change(await server.token("service:trip"));
    kids.add(as.split(".", 1)[0] ?? "");
    const before = calls;
    await until(() => calls >= before + 200);
  }
  over.abort();
  await calling;
  assert.equal(kids.size, 4);
});
