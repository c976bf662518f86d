import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { test } from "node:test";

import { signalEchoMs } from "../core/signal-order.ts";
import { client } from "./client.ts";
import { Echo, Front } from "./fixtures/echo.ts";
import { ownerIdentityPath } from "./identity-path.ts";
import { openPlatform } from "./platform.ts";
import { stateFolder } from "./state-folder.ts";
import { addressOf, openFolder, type Program, startProgram } from "./test-programs.ts";

/** A folder in which a registry runs, as a program of its own. */
async function openRegistryProgram() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await openFolder());
  const state = stateFolder(folder.path, {});
  const { control, sockets, identity } = state;
  await mkdir(sockets);
  await mkdir(identity);
  const args = [control, ownerIdentityPath(state)];
  const start = async (): Promise<Program> => {
    const program = stack.use(startProgram("registry-program", {}, args));
    await program.printed(/The registry is ready/);
    return program;
  };
  const program = await start();
  const owned = stack.move();
  const env = { REEF_STATE: folder.path };
  return {
    control,
    env,
    program,
    again: async () => {
      const next = owned.use(startProgram("registry-program", {}, args));
      await next.printed(/The registry is ready/);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test("serve() finishes its calls on SIGTERM and lets the process end with exit code 0", async () => {
  await using program = startProgram("echo-program", { NODE_ENV: "test" });
  await using echo = client(Echo, { address: await addressOf(program) });
  const answer = echo.wait({ ms: 300 });
  await program.printed(/A call has come/);
  program.child.kill("SIGTERM");
  await program.printed(/Waiting for 1 calls/);
  assert.deepEqual(await answer, { text: "waited" });
  assert.deepEqual(await program.ended(), { code: 0, signal: null });
});

test("serve() ends at once when it is signalled twice", async () => {
  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const) {
    await using program = startProgram("echo-program", { NODE_ENV: "test" });
    await using echo = client(Echo, { address: await addressOf(program) });
    const answer = assert.rejects(echo.wait({ ms: 60_000 }, { timeoutMs: 60_000 }), {
      code: "unavailable",
      maybeExecuted: true,
    });
    await program.printed(/A call has come/);
    program.child.kill(signal);
    await program.printed(/Waiting for 1 calls/);
    // Again and again: right after the first it would be taken for an echo of that.
    const pressing = setInterval(() => program.child.kill(signal), signalEchoMs);
    assert.deepEqual(await program.ended(), { code, signal: null });
    clearInterval(pressing);
    await answer;
  }
});

test("serve() joins the platform of this machine, but never under NODE_ENV=test", async () => {
  await using registry = await openRegistryProgram();
  await using joined = startProgram("echo-program", registry.env);
  await using apart = startProgram("echo-program", { ...registry.env, NODE_ENV: "test" });
  await joined.printed(/on the platform/);
  await apart.printed(/alone: NODE_ENV is test/);
  await using platform = await openPlatform({ control: registry.control });
  const { nodes } = await platform.registry.resolve({ namespace: "default", service: "echo" });
  assert.deepEqual(
    nodes.map(({ metadata }) => metadata["pid"]),
    [String(joined.child.pid)],
  );
});

test("serve() listens on PORT, and refuses one that is none", async () => {
  await using program = startProgram("echo-program", { NODE_ENV: "test", PORT: "0" });
  assert.match(await addressOf(program), /^tcp:\/\/127\.0\.0\.1:\d+$/);
  await using refused = startProgram("echo-program", { NODE_ENV: "test", PORT: "http" });
  assert.deepEqual(await refused.ended(), { code: 1, signal: null });
  assert.match(refused.output, /Cannot use PORT="http": a port is a number from 0 to 65535/);
});

test("client() at an address lets its process end when it is idle, and not while a stream runs", async () => {
  await using program = startProgram("echo-program", { NODE_ENV: "test" });
  await using caller = startProgram("caller-program", {}, [await addressOf(program)]);
  assert.deepEqual(await caller.ended(), { code: 0, signal: null });
  assert.equal(caller.output, "hello\n1\n2\n3\n");
});

test("client() by name lets its process end when it is idle", async () => {
  await using registry = await openRegistryProgram();
  await using program = startProgram("echo-program", registry.env);
  await program.printed(/is ready/);
  await using caller = startProgram("caller-program", registry.env);
  assert.deepEqual(await caller.ended(), { code: 0, signal: null });
  assert.equal(caller.output, "hello\n1\n2\n3\n");
});

test("serve() goes on through a kill of the platform: calls do not fail, and all are listed again", async () => {
  await using registry = await openRegistryProgram();
  await using echo = startProgram("echo-program", registry.env);
  await using front = startProgram("front-program", registry.env);
  await Promise.all([echo.printed(/is ready/), front.printed(/is ready/)]);
  await using platform = await openPlatform({ control: registry.control });
  const fronts = platform.client(Front);
  const errors: unknown[] = [];
  const over = new AbortController();
  let calls = 0;
  async function call(): Promise<void> {
    while (!over.signal.aborted) {
      await fronts.say({ text: "on" }).catch((error: unknown) => errors.push(error));
      calls += 1;
    }
  }
  const calling = call();
  await after(() => calls > 20);
  registry.program.child.kill("SIGKILL");
  await registry.program.ended();
  const killedAt = calls;
  await after(() => calls > killedAt + 200);
  await registry.again();
  const names = new Set<string>();
  for await (const event of platform.registry.watch({ namespace: "default" })) {
    if (event.kind === "node") names.add(event.node.service);
    if (names.size === 2) break;
  }
  const listedAt = calls;
  await after(() => calls > listedAt + 200);
  over.abort();
  await calling;
  assert.deepEqual(errors, []);
});

async function after(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
