/** What a platform leaves running when it ends out of order, and what the next one makes of it. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";

import { Greeter } from "../examples/hello/greeter.ts";
import type { ServiceStatus } from "../src/blocks/runtime/index.ts";
import { openPlatform } from "../src/framework/platform.ts";
import { ourProcesses } from "./faults/our-processes.ts";
import { openStateFolder, root, startPlatform, startReef } from "./test-command.ts";

const greeter = "examples/hello/greeter.ts";

const source = join(root, greeter);

/** What a test that failed has left running ends with it. */
async function openState() {
  const state = await openStateFolder();
  return {
    path: state.path,
    async [Symbol.asyncDispose]() {
      for (const { pid } of ourProcesses(state.path)) process.kill(pid, "SIGKILL");
      await state[Symbol.asyncDispose]();
    },
  };
}

/** The services when all of them are ready. */
async function allReady(state: string): Promise<readonly ServiceStatus[]> {
  await using platform = await openPlatform({ state });
  for (;;) {
    const { items } = await platform.runtime.list();
    if (items.every((each) => each.state === "ready")) return items;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function pidsOf(services: readonly ServiceStatus[]) {
  return services.map(({ name, pid }) => `${name} ${pid}`);
}

/** A platform with one service of its own, and one that somebody has run. */
async function startTwo(state: string) {
  const platform = await startPlatform(state, [greeter]);
  await platform.printed(/All are ready/);
  await using connected = await openPlatform({ state });
  await connected.runtime.run({ source, name: "greeter-stays" });
  const services = await allReady(state);
  assert.deepEqual(
    services.map(({ name }) => name),
    ["greeter", "greeter-stays"],
  );
  return { platform, services };
}

test("after kill -9 all services are found again, whether or not they are named; after Ctrl-C only what was run comes back", async () => {
  await using state = await openState();
  const { platform, services } = await startTwo(state.path);
  platform.child.kill("SIGKILL");
  await platform.finished;
  const second = await startPlatform(state.path);
  assert.deepEqual(pidsOf(await allReady(state.path)), pidsOf(services));
  second.child.kill("SIGKILL");
  await second.finished;
  const third = await startPlatform(state.path, [greeter]);
  await third.printed(/All are ready/);
  assert.deepEqual(pidsOf(await allReady(state.path)), pidsOf(services));

  third.child.kill("SIGINT");
  assert.equal((await third.finished).code, 0);
  assert.deepEqual(ourProcesses(state.path), []);
  await using last = await startPlatform(state.path);
  void last;
  const [only, ...others] = await allReady(state.path);
  assert.deepEqual(others, []);
  assert.equal(only?.name, "greeter-stays");
  // Of the four times that it was started once it was new, and once after Ctrl-C.
  assert.equal(only?.restarts, 1);
});

test("a service that ended while there was no platform is started again, and calls are answered", async () => {
  await using state = await openState();
  const { platform, services } = await startTwo(state.path);
  platform.child.kill("SIGKILL");
  await platform.finished;
  const [gone] = services;
  process.kill(gone?.pid ?? 0, "SIGKILL");
  await using second = await startPlatform(state.path);
  void second;
  await using connected = await openPlatform({ state: state.path });
  await using client = connected.client(Greeter);
  assert.match((await client.hello({ name: "Ann" })).message, /Ann/);
  const [back, stays] = await allReady(state.path);
  assert.notEqual(back?.pid, gone?.pid);
  assert.equal(stays?.pid, services[1]?.pid);
});

test("a platform that cannot start leaves the services of the one before it as they are", async () => {
  await using state = await openState();
  const { platform, services } = await startTwo(state.path);
  platform.child.kill("SIGKILL");
  await platform.finished;
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  const args = ["server", "--state", state.path, "--port", String(port), "--proxy-port", "0"];
  const { code, stderr } = await startReef(args).finished;
  assert.equal(code, 1);
  assert.match(stderr, /Cannot listen on port/);
  taken.close();
  await using second = await startPlatform(state.path);
  void second;
  assert.deepEqual(pidsOf(await allReady(state.path)), pidsOf(services));
});

test("a platform that ends by an exception leaves its services running; Ctrl-C twice leaves nothing", async () => {
  await using state = await openState();
  const bomb = `process.on("SIGUSR2", () => setImmediate(() => { throw new Error("boom"); }));`;
  const { platform, services } = await startTwo(state.path);
  platform.child.kill("SIGKILL");
  await platform.finished;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bomb)}` };
  const second = startReef(["server", "--state", state.path, "--port", "0"], env);
  await second.printed(/open {2}http/);
  await allReady(state.path);
  second.child.kill("SIGUSR2");
  const { code, stderr } = await second.finished;
  assert.notEqual(code, 0);
  assert.match(stderr, /boom/);
  await using third = await startPlatform(state.path);
  assert.deepEqual(pidsOf(await allReady(state.path)), pidsOf(services));
  third.child.kill("SIGINT");
  await third.printed(/Stopping/);
  // Two that come together are one: a terminal and a shell may both send it.
  await new Promise((resolve) => setTimeout(resolve, 600));
  third.child.kill("SIGINT");
  await third.finished;
  assert.deepEqual(ourProcesses(state.path), []);
});
