import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";

import { textOf } from "../blocks/store/index.ts";
import { contract } from "../contract/contract.ts";
import { ReefError } from "../core/errors.ts";
import { type Handlers, service, type Service } from "../rpc/service.ts";
import { testCertificate } from "../rpc/test-certificate.ts";
import { client } from "./client.ts";
import { Echo, Front } from "./fixtures/echo.ts";
import { openPlatform, type Platform } from "./platform.ts";
import { serve } from "./serve.ts";
import { openFolder, openTestPlatform, quiet } from "./test-programs.ts";

const handlers: Handlers<(typeof Echo)["methods"]> = {
  say: (message) => message,
  wait: () => ({ text: "" }),
  async *beat() {},
};
const echo = service(Echo, handlers);
const alone = { platform: false, stopOnSignals: false, log: quiet } as const;

/** Asks `echo`, but not before it was let to. */
function frontOf(allowed: Promise<void> = Promise.resolve()): Service<typeof Front> {
  return service(Front, ({ client: clientOf }) => {
    const other = clientOf(Echo);
    return {
      async say(message) {
        await allowed;
        return other.say(message);
      },
    };
  });
}

test("serve() refuses a name of the platform on a platform, and not alone", async () => {
  await using it = await openTestPlatform();
  const store = service(contract("store", {}), {});
  const refused = { code: "invalid_argument", message: /such as "store-service"/ };
  await assert.rejects(serve(store, { ...alone, platform: it.platform }), refused);
  await using running = await serve(store, alone);
  assert.equal(running.addresses.length, 1);
});

test("serve() gives factories the store of the platform, and alone one that says what to do", async () => {
  await using it = await openTestPlatform();
  const keeper = service(Front, ({ store }) => ({
    async say(message) {
      await store.table("said").put("last", message.text);
      return message;
    },
  }));
  await using running = await serve(keeper, { ...alone, platform: it.platform });
  await using keeperClient = client(Front, { address: running.addresses[0] ?? "" });
  await keeperClient.say({ text: "kept" });
  const entry = await it.platform.store.table("said").get("last");
  assert.equal(entry && textOf(entry.value), "kept");
  await using other = await openPlatform({ control: it.control, namespace: "other" });
  assert.deepEqual(await other.store.tables(), []);

  await using lonely = await serve(keeper, alone);
  await using lonelyClient = client(Front, { address: lonely.addresses[0] ?? "" });
  const expected = { code: "unavailable", message: /reef server/ };
  await assert.rejects(lonelyClient.say({ text: "" }), expected);
});

test("serve() takes no calls of other machines without TLS", async () => {
  for (const listen of ["tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://10.0.0.7:0"]) {
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(serve(echo, { ...alone, listen: [listen] }), {
      code: "failed_precondition",
      message: /beyond this machine everything goes over TLS, .*; give serve\(\) one by/,
    });
  }
  const tls = testCertificate;
  const listen = ["tcp://0.0.0.0:0"];
  await using running = await serve(echo, { ...alone, listen, tls });
  assert.match(running.addresses.join(), /^tcp:\/\/0\.0\.0\.0:\d+$/);
});

test("serve() alone listens at a free port and is called there", async () => {
  await using running = await serve(echo, alone);
  const [address = ""] = running.addresses;
  assert.match(address, /^tcp:\/\/127\.0\.0\.1:\d+$/);
  await using echoClient = client(Echo, { address });
  assert.deepEqual(await echoClient.say({ text: "hello" }), { text: "hello" });
});

test("serve() lists a node when it can be called, says when it drains, and takes it off when it is done", async () => {
  await using it = await openTestPlatform();
  const events = it.registry.watch({ namespace: "default" })[Symbol.asyncIterator]();
  await events.next();
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const slow = service(Echo, {
    ...handlers,
    async wait() {
      begun.resolve();
      await end.promise;
      return { text: "finished" };
    },
  });
  const running = await serve(slow, { ...alone, platform: it.platform });
  const first = (await events.next()).value;
  assert.equal(first.kind, "node");
  assert.equal(first.node.state, "starting");
  const listed = (await events.next()).value;
  assert.equal(listed.node.state, "ready");
  await using byAddress = client(Echo, { address: listed.node.addresses[0] });
  const answer = byAddress.wait({ ms: 0 });
  await begun.promise;
  const stopped = running.stop();
  assert.equal((await events.next()).value.node.state, "draining");
  end.resolve();
  assert.deepEqual(await answer, { text: "finished" });
  assert.equal((await events.next()).value.kind, "gone");
  assert.deepEqual(await stopped, { cancelledCalls: 0 });
});

test("serve() leaves the address to whoever has it until it is on the list", async () => {
  await using it = await openTestPlatform();
  await using folder = await openFolder();
  const listen = [`unix:${folder.path}/echo.sock`];
  await using _ = await serve(echo, { ...alone, listen, platform: it.platform });
  const register = async () => {
    await using caller = client(Echo, { address: listen[0] as string });
    assert.deepEqual(await caller.say({ text: "still here" }), { text: "still here" });
    throw new ReefError("resource_exhausted", "No room for another node");
  };
  const full = { ...it.platform, registry: { ...it.platform.registry, register } };
  const deaf = service(Echo, { ...handlers, say: async () => ({ text: "nobody hears me" }) });
  await assert.rejects(serve(deaf, { ...alone, listen, platform: full }), {
    code: "resource_exhausted",
  });
  await using later = client(Echo, { address: listen[0] as string });
  assert.deepEqual(await later.say({ text: "still here" }), { text: "still here" });
  assert.deepEqual(await readdir(folder.path), ["echo.sock"]);
});

test("serve() lists its node again when the registry was restarted", async () => {
  await using it = await openTestPlatform();
  await using _ = await serve(echo, { ...alone, platform: it.platform });
  await it.restart();
  for await (const event of it.registry.watch()) if (event.kind === "node") break;
  assert.deepEqual(await it.platform.client(Echo).say({ text: "still here" }), {
    text: "still here",
  });
});

test("serve() lets services that are served together call each other when they are alone", async () => {
  await using running = await serve([frontOf(), echo], alone);
  await using front = client(Front, { address: running.addresses[0] ?? "" });
  assert.deepEqual(await front.say({ text: "through" }), { text: "through" });
});

test("serve() lets them finish each other's calls while they stop", async () => {
  for (const onPlatform of [false, true]) {
    await using it = await openTestPlatform();
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const watched = service(Front, (context) => ({
      async say(message, call) {
        begun.resolve();
        await end.promise;
        return (await frontOf().create(context)).say(message, call);
      },
    }));
    const options = { ...alone, ...(onPlatform && { platform: it.platform }) };
    const running = await serve([watched, echo], options);
    await using front = client(Front, { address: running.addresses[0] ?? "" });
    const answer = front.say({ text: "last" });
    await begun.promise;
    const stopped = running.stop();
    if (onPlatform) await drained(it.registry);
    end.resolve();
    assert.deepEqual(await answer, { text: "last" });
    assert.deepEqual(await stopped, { cancelledCalls: 0 });
  }
});

async function drained(registry: Awaited<ReturnType<typeof openTestPlatform>>["registry"]) {
  for await (const event of registry.watch({ namespace: "default" })) {
    if (event.kind !== "node") continue;
    if (event.node.service === "echo" && event.node.state === "draining") return;
  }
}

test("serve() leaves nothing behind when it fails", async (t) => {
  const failures: [string, (started: Service<typeof Echo>) => Promise<unknown>, object][] = [
    [
      "a handler is missing",
      ({ options }) => {
        const { say: _say, ...missing } = handlers;
        return listen(service(Echo, missing as typeof handlers, options));
      },
      { code: "failed_precondition", message: /has the method "say", its handlers do not/ },
    ],
    [
      "start throws in the second service",
      (started) =>
        listen([started, service(Front, frontOf().create, { start: () => fail("at start") })]),
      { code: "aborted" },
    ],
    [
      "the factory throws",
      ({ options }) => listen(service(Echo, () => fail("in the factory"), options)),
      { code: "aborted" },
    ],
    [
      "ready throws",
      ({ options }) =>
        listen(service(Echo, handlers, { ...options, ready: async () => fail("not ready") })),
      { code: "aborted" },
    ],
    ["a service is there twice", (started) => listen([started, echo]), { code: "already_exists" }],
    [
      "the second address is taken",
      async (started) => {
        await using stack = new AsyncDisposableStack();
        const other = createServer().listen(0, "127.0.0.1");
        stack.defer(() => void other.close());
        await once(other, "listening");
        const { port } = other.address() as { port: number };
        return await listen(started, [`tcp://127.0.0.1:${port}`]);
      },
      { code: "failed_precondition", message: /another program listens there/ },
    ],
    [
      "the registry refuses",
      async ({ options }) => {
        await using it = await openTestPlatform();
        const metadata = { big: "x".repeat(100_000) };
        const refused = service(Echo, handlers, { ...options, metadata });
        return await listen(refused, [], it.platform);
      },
      { code: "invalid_argument" },
    ],
  ];
  await using folder = await openFolder();
  const socket = join(folder.path, "s.sock");
  let held = 0;
  function listen(
    services: Service | readonly Service[],
    more: readonly string[] = [],
    platform: Platform | false = false,
  ) {
    return serve(services, { ...alone, platform, listen: [`unix:${socket}`, ...more] });
  }
  for (const [name, run, expected] of failures) {
    await t.test(`when ${name}`, async () => {
      const start = () => {
        held += 1;
        return { [Symbol.dispose]: () => void (held -= 1) };
      };
      await assert.rejects(run(service(Echo, handlers, { start })), expected);
      assert.equal(held, 0);
      assert(!existsSync(socket));
    });
  }
});

function fail(where: string): never {
  throw new ReefError("aborted", `This fails ${where}`);
}

test("serve() closes the clients that a factory asked for, once for each contract", async () => {
  const closed: string[] = [];
  await using it = await openTestPlatform();
  const platform = {
    ...it.platform,
    client: () => ({ [Symbol.asyncDispose]: async () => void closed.push("client") }) as never,
  };
  const front = service(
    Front,
    ({ client: clientOf }) => {
      assert.equal(clientOf(Echo), clientOf(Echo));
      return { say: (message) => message };
    },
    { start: () => ({ [Symbol.dispose]: () => void closed.push("start") }) },
  );
  const running = await serve(front, { ...alone, platform });
  await running.stop();
  assert.deepEqual(closed, ["client", "start"]);
});
