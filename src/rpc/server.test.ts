import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";

import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method, stream } from "../contract/method.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import type { ReefError } from "../core/errors.ts";
import { createLogger } from "../core/log.ts";
import { createClient } from "./client.ts";
import { currentCall } from "./context.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import type { Middleware } from "./middleware.ts";
import type { Call } from "./server-call.ts";
import { openRpcServer, type RpcServerOptions } from "./server.ts";
import { type Handlers, service } from "./service.ts";
import { openConnection } from "./wire/connect.ts";
import { magic } from "./wire/frames.ts";

const Text = t.object({ text: t.string() });

const Plain = contract("plain", {
  say: method({ input: Text, output: Text }),
  ping: method({}),
  upload: method({ input: stream(Text), output: Text }),
  items: method({ input: Text, output: stream(Text) }),
});

const plain: Handlers<(typeof Plain)["methods"]> = {
  say: (message) => message,
  ping: () => ({}),
  upload: async (texts) => ({
    text: (await Array.fromAsync(texts)).map((each) => each.text).join(),
  }),
  async *items(message) {
    yield message;
  },
};

async function openPlain(
  handlers: unknown = plain,
  options: Partial<RpcServerOptions> & Parameters<typeof service>[2] = {},
) {
  const log = createLogger({ write: () => {} });
  const { use, start, isLeaf = false, ...more } = options;
  const made = service(Plain, handlers as typeof plain, { isLeaf, ...(start && { start }) });
  const server = await openRpcServer({
    services: [made],
    context: () => ({
      client: () => assert.fail("it calls nobody"),
      store: createMemoryStore().database("test"),
      log,
    }),
    log,
    ...(use && { use }),
    ...more,
  });
  const route = server.direct();
  const client = createClient(Plain, { route, deadlines: new DeadlineSweep() });
  return {
    server,
    client,
    [Symbol.asyncDispose]: async () => void (await server.stop({ timeoutMs: 0 })),
  };
}

test("a handler may return a promise of any making", async () => {
  class Query {
    // oxlint-disable-next-line unicorn/no-thenable -- as query builders are
    then(resolve: (value: unknown) => void) {
      resolve({ text: "from a query" });
    }
  }
  for (const validateOutput of [false, true]) {
    await using it = await openPlain({ ...plain, say: () => new Query() }, { validateOutput });
    assert.deepEqual(await it.client.say({ text: "" }), { text: "from a query" });
  }
});

test("handlers may be the methods of an object of a class", async () => {
  class PlainService {
    readonly #prefix = "of a class: ";
    ping = plain.ping;
    upload = plain.upload;
    items = plain.items;
    say({ text }: { text: string }) {
      return { text: this.#prefix + text };
    }
  }
  await using it = await openPlain(new PlainService());
  assert.deepEqual(await it.client.say({ text: "a" }), { text: "of a class: a" });
});

test("openRpcServer() refuses a service whose start returns what cannot be disposed", async () => {
  await assert.rejects(openPlain(plain, { start: () => "a pool" as never }), {
    code: "failed_precondition",
    message: /^Cannot serve plain: its start returned something that is not disposable/,
  });
});

test("middleware of the server is outside of the service's, and sees valid input only", async () => {
  const seen: string[] = [];
  const note =
    (name: string): Middleware =>
    async (call, next) => {
      seen.push(`${name} ${JSON.stringify(call.input)}`);
      return next(call);
    };
  const log = createLogger({ write: () => {} });
  await using server = await openRpcServer({
    services: [service(Plain, plain, { use: [note("service 1"), note("service 2")] })],
    use: [note("server 1"), note("server 2")],
    context: () => ({
      client: () => assert.fail("it calls nobody"),
      store: createMemoryStore().database("test"),
      log,
    }),
    log,
  });
  const options = { route: server.direct(), deadlines: new DeadlineSweep() };
  const client = createClient(Plain, options);
  await assert.rejects(client.say({ text: 1 as never }), { code: "invalid_argument" });
  assert.deepEqual(seen, []);
  await client.say({ text: "a" });
  assert.deepEqual(
    seen,
    ["server 1", "server 2", "service 1", "service 2"].map((name) => `${name} {"text":"a"}`),
  );
});

test("a direct call is that of the caller with whom its transport was opened, and of nobody without", async () => {
  const seen: unknown[] = [];
  const say = ({ text }: { text: string }, call: Call) => {
    seen.push([call.caller, call.subject]);
    return { text };
  };
  await using it = await openPlain({ ...plain, say });
  await it.client.say({ text: "" });
  const trip = { kind: "service", id: "service:trip", namespace: "default", scopes: [] } as const;
  const route = it.server.direct({ caller: trip });
  await createClient(Plain, { route, deadlines: new DeadlineSweep() }).say({ text: "" });
  const nobody = { kind: "anonymous" };
  assert.deepEqual(seen, [
    [nobody, nobody],
    [trip, trip],
  ]);
});

test("handlers of a leaf have no context, unless something is around them that may call", async () => {
  const around: Middleware = (call, next) => next(call);
  const contexts: unknown[] = [];
  const ping = () => {
    contexts.push(currentCall()?.method);
    return {};
  };
  for (const options of [{}, { isLeaf: true }, { isLeaf: true, use: [around] }]) {
    await using plainServer = await openPlain({ ...plain, ping }, options);
    await plainServer.client.ping({});
  }
  assert.deepEqual(contexts, ["ping", undefined, "ping"]);
});

test("stop() waits for direct calls, refuses new ones, and cancels those that take too long", async () => {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<{ text: string }>();
  const slow = () => {
    begun.resolve();
    return end.promise;
  };
  await using patient = await openPlain({ ...plain, say: slow });
  const answer = patient.client.say({ text: "" });
  await begun.promise;
  assert.equal(patient.server.active, 1);
  const stopped = patient.server.stop();
  await Promise.resolve();
  await assert.rejects(patient.client.ping(), { code: "unavailable", maybeExecuted: false });
  end.resolve({ text: "done" });
  assert.deepEqual(await answer, { text: "done" });
  assert.deepEqual(await stopped, { cancelledCalls: 0 });

  const cancelled = Promise.withResolvers<ReefError>();
  await using hasty = await openPlain({
    ...plain,
    say: (_: unknown, { signal }: { signal: AbortSignal }) => {
      signal.addEventListener("abort", () => cancelled.resolve(signal.reason));
      return new Promise(() => {});
    },
  });
  const failed = assert.rejects(hasty.client.say({ text: "" }), {
    code: "unavailable",
    maybeExecuted: true,
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await hasty.server.stop({ timeoutMs: 0 }), { cancelledCalls: 1 });
  await failed;
  assert.equal((await cancelled.promise).code, "unavailable");
});

test("stop() lets go of whoever has not said hello yet", async () => {
  // On this clock nobody is let go of for being silent for too long.
  const clock = createManualClock();
  await using it = await openPlain(plain, { listen: ["tcp://127.0.0.1:0"], clock });
  const port = Number(new URL(it.server.addresses[0] ?? "").port);
  const sockets = [connect(port), connect(port)];
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  sockets[1]?.write(magic);
  // Whoever is greeted after them shows that they were seen.
  const seen = await openConnection(it.server.addresses[0] ?? "");
  await seen[Symbol.asyncDispose]();
  const closed = sockets.map((socket) => once(socket.on("error", () => {}).resume(), "close"));
  await it.server.stop();
  await Promise.all(closed);
});

test("stop() stops everything although a service fails to", async () => {
  let stops = 0;
  const start = () => ({
    [Symbol.dispose]() {
      stops += 1;
      throw new Error("stuck");
    },
  });
  const it = await openPlain(plain, { start, listen: ["tcp://127.0.0.1:0"] });
  const [address = ""] = it.server.addresses;
  await assert.rejects(it.server.stop(), { message: "stuck" });
  await assert.rejects(it.server.stop(), { message: "stuck" });
  assert.equal(stops, 1);
  await assert.rejects(openConnection(address), { code: "unavailable" });
});

test("a direct call refuses what the server has otherwise: kind, method, service, namespace", async () => {
  await using it = await openPlain();
  const deadlines = new DeadlineSweep();
  const route = it.server.direct();
  const Other = contract("plain", { say: method({ output: stream(Text) }), more: method({}) });
  const other = createClient(Other, { route, deadlines });
  await assert.rejects(Array.fromAsync(other.say()), { code: "failed_precondition" });
  await assert.rejects(other.more(), { code: "unimplemented", maybeExecuted: false });
  const elsewhere = createClient(Plain, { route, deadlines, namespace: "other" });
  await assert.rejects(elsewhere.ping(), { code: "not_found", maybeExecuted: false });
  const nobody = createClient(contract("nobody", { ping: method({}) }), { route, deadlines });
  await assert.rejects(nobody.ping(), { code: "not_found", maybeExecuted: false });
});

test("a call without input sends no fields, and says which are missing where some are needed", async () => {
  await using it = await openPlain();
  await it.client.ping();
  const say = it.client.say as (input?: unknown) => Promise<unknown>;
  await assert.rejects(say(), { code: "invalid_argument", message: /text/ });
});

test("a call that takes many messages refuses one that cannot be iterated, and sends nothing", async () => {
  await using it = await openPlain();
  const upload = it.client.upload as (input?: unknown) => Promise<unknown>;
  const refusal = {
    code: "invalid_argument",
    maybeExecuted: false,
    message: /takes many messages/,
  };
  for (const input of [undefined, {}, { text: "one" }, "text", null]) {
    await assert.rejects(upload(input), refusal);
  }
  assert.deepEqual(await upload([{ text: "a" }, { text: "b" }]), { text: "a,b" });
});

test("a stream that is left before it was accepted is cancelled at once", async () => {
  const begun = Promise.withResolvers<AbortSignal>();
  const never = (_: unknown, { signal }: { signal: AbortSignal }) => {
    begun.resolve(signal);
    return new Promise(() => {});
  };
  await using it = await openPlain({ ...plain, items: never });
  const items = it.client.items({ text: "" });
  const first = assert.rejects(items.next(), { code: "cancelled" });
  const signal = await begun.promise;
  await items.return?.();
  await first;
  assert(signal.aborted);
  assert.deepEqual(await items.next(), { value: undefined, done: true });
});

test("a stream that could not be opened says so once, and is over then", async () => {
  await using it = await openPlain();
  await it.server.stop();
  const items = it.client.items({ text: "" });
  await assert.rejects(items.next(), { code: "unavailable" });
  assert.deepEqual(await items.next(), { value: undefined, done: true });
});
