/** A program in Python on a whole platform: run, called, killed, replaced, and its public port through all of it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";

import type { ServiceStatus } from "../src/blocks/runtime/index.ts";
import { type Client, isError } from "../src/index.ts";
import { openPlatform, type Platform } from "../src/framework/platform.ts";
import { freePort } from "../src/testing/free-port.ts";
import { missingServers } from "../tools/install-servers.ts";
import { limitHere } from "./busy-machine.ts";
import { Counter } from "./fixtures/counter-contract.ts";
import { openStateFolder, root, runReef, startPlatform } from "./test-command.ts";

const python = { command: "python3", aptPackage: "python3" };
const skip = missingServers([python], process.env["PATH"] ?? "").length > 0 && "without python3";

/** A killed program is back, and takes calls, within this; Python itself needs a tenth of it. */
const backMs = 2_000;

let state: Awaited<ReturnType<typeof openStateFolder>>;
let server: Awaited<ReturnType<typeof startPlatform>>;
let platform: Platform;
let counter: Client<typeof Counter>;
let port: number;

if (skip) {
  test("programs in other languages", { skip }, () => {});
} else {
  before(async () => {
    state = await openStateFolder();
    server = await startPlatform(state.path);
    platform = await openPlatform({ state: state.path });
    counter = platform.client(Counter);
    port = await freePort();
    const folder = join(root, "test", "fixtures");
    const contract = join(folder, "counter-contract.ts");
    const command = `python3 ${join(folder, "counter.py")}`;
    const flags = ["--contract", contract, "--port", String(port), "--ready", "/healthz"];
    const { code, stdout, stderr } = await reef("run", "--command", command, ...flags);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^counter is ready \(pid \d+, .*\)\nopen {2}http:\/\/127\.0\.0\.1:\d+$/m);
  });

  after(async () => {
    await platform?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await state?.[Symbol.asyncDispose]();
  });

  test("a reef client calls it as any service", async () => {
    const metadata = { "x-colour": "blau ✓" };
    const first = await counter.add({ by: 2 }, { metadata });
    assert.deepEqual(JSON.parse(first.metadata), metadata);
    assert.equal((await counter.add({})).total, first.total + 1);
    const error = await counter.add({ by: -1 }).catch((thrown: unknown) => thrown);
    assert(isError(error, Counter, "negative"));
    assert.equal(error.code, "out_of_range");
    assert.deepEqual({ ...error.data }, { by: -1 });
    const { limit } = await counter.wait({ ms: 0 }, { timeoutMs: 700 });
    assert(limit > 500 && limit <= 700, `${limit} ms were left`);
    const late = counter.wait({ ms: 500 }, { timeoutMs: 100 });
    await assert.rejects(late, { code: "deadline_exceeded", maybeExecuted: true });
    await assert.rejects(counter.missing(), { code: "unimplemented", maybeExecuted: false });
    const numbers: number[] = [];
    for await (const { n } of counter.count({ to: 3 })) numbers.push(n);
    assert.deepEqual(numbers, [1, 2, 3]);
  });

  test("the command line and the gateway call it, and check what they send", async () => {
    const said = await reef("counter", "add", "--by=5", "--json");
    assert.equal(said.code, 0, said.stderr);
    const wrong = await reef("counter", "add", "--by=-5");
    assert.match(wrong.stderr, /It only goes up/);
    const call = (body: unknown) =>
      fetch(`${server.gateway}/counter/add`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const { total } = (await (await call({ by: 1 })).json()) as { total: number };
    assert.equal(total, JSON.parse(said.stdout).total + 1);
    const refused = await call({ by: "five" });
    assert.equal(refused.status, 400);
    assert.equal(
      ((await refused.json()) as { violations: { path: string }[] }).violations[0]?.path,
      "by",
    );
  });

  test("its logs are its output, line by line", async () => {
    const { stdout } = await reef("logs", "counter", "--tail=200");
    assert.match(stdout, /counting on \d+/);
  });

  test("killed with -9 it comes back, and calls wait for it", async () => {
    const { pid } = await status();
    process.kill(Number(pid), "SIGKILL");
    const killedAt = performance.now();
    for (let now = await status(); now.pid === pid || now.state !== "ready"; now = await status()) {
      // It may be lost in flight, and is idempotent.
      // oxlint-disable-next-line no-await-in-loop -- until another process answers
      await counter.wait({ ms: 0 });
    }
    const tookMs = performance.now() - killedAt;
    assert(tookMs < (await limitHere(backMs)), `${tookMs} ms`);
    assert.equal((await counter.add({ by: 1 })).total, 1, "it has forgotten what it counted");
  });

  test("a restart under load fails nothing, at the client nor at the public port", async () => {
    const stop = new AbortController();
    const failures: unknown[] = [];
    const pids = new Set<number>();
    async function load(once: () => Promise<unknown>): Promise<void> {
      while (!stop.signal.aborted) {
        // oxlint-disable-next-line no-await-in-loop -- one caller makes one call at a time
        await once().catch((error: unknown) => failures.push(error));
      }
    }
    const callers = [
      ...Array.from({ length: 4 }, () => load(() => counter.wait({ ms: 5 }))),
      ...Array.from({ length: 4 }, () => load(async () => void pids.add((await who()).pid))),
    ];
    const ports = new Set<string>();
    for (let restarts = 0; restarts < 3; restarts += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      ports.add((await who()).port);
      // oxlint-disable-next-line no-await-in-loop
      const { code, stderr } = await reef("restart", "counter");
      assert.equal(code, 0, stderr);
    }
    // oxlint-disable-next-line require-atomic-updates -- it is only ever aborted
    stop.abort();
    await Promise.all(callers);
    assert.deepEqual(failures, []);
    assert(pids.size >= 3, "each start is another process");
    assert.equal(ports.size, 3, "each start has another private port");
    assert.match((await reef("logs", "counter", "--tail=40")).stdout, /done counting/);
  });

  test("a port that somebody else has is refused before anything is started", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port: taken } = other.address() as AddressInfo;
    const flags = ["--command", "python3 -V", "--port", String(taken)];
    const { code, stderr } = await reef("run", ...flags);
    other.close();
    assert.equal(code, 1);
    assert.match(stderr, /Cannot take port \d+: .* has it; choose another one/);
  });

  test("a WebSocket goes through the public port, to the process of the moment", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    const [[message], [{ code }]] = (await Promise.all([
      once(socket, "message"),
      once(socket, "close"),
    ])) as [[MessageEvent], [CloseEvent]];
    assert.equal(message.data, `pid ${(await status()).pid}`);
    assert.equal(code, 1_000);
  });

  test("an update puts another process in its place before it goes, and fails nothing", async () => {
    const before = await status();
    const stop = new AbortController();
    const going = (async () => {
      // oxlint-disable-next-line no-await-in-loop -- one call at a time, without a gap
      while (!stop.signal.aborted) await Promise.all([counter.wait({ ms: 1 }), who()]);
    })();
    const { code, stderr } = await reef("update", "counter");
    assert.equal(code, 0, stderr);
    stop.abort();
    await going;
    assert.notEqual((await status()).pid, before.pid);
  });

  test("a platform that was killed finds it again, and its port", async () => {
    const { pid } = await status();
    const { total } = await counter.add({ by: 1 });
    const { port: privatePort } = await who();
    await platform[Symbol.asyncDispose]();
    server.child.kill("SIGKILL");
    await server.finished;
    await assert.rejects(who());
    server = await startPlatform(state.path);
    platform = await openPlatform({ state: state.path });
    counter = platform.client(Counter);
    assert.equal((await counter.add({ by: 1 })).total, total + 1, "it has gone on counting");
    assert.equal((await status()).pid, pid);
    await server.printed(/"counter" answers on/);
    assert.deepEqual(await who(), { pid, port: privatePort, path: "/" });
  });

  test("killed for good, its port is given up and callers are told at once", async () => {
    assert.equal((await reef("kill", "counter")).code, 0);
    await assert.rejects(counter.add({}), { code: "not_found" });
    for (let refused = false; !refused;) {
      // oxlint-disable-next-line no-await-in-loop -- until nobody listens
      refused = await who().then(
        () => false,
        () => true,
      );
    }
  });

  test("without a contract it is routed to, below its name", async () => {
    const file = join(root, "test", "fixtures", "counter.py");
    const { code, stderr } = await reef("run", "--command", `python3 ${file}`, "--name", "web");
    assert.equal(code, 0, stderr);
    const response = await fetch(`${server.gateway}/web/a/b?c=d`);
    assert.equal(response.status, 200);
    assert.equal(((await response.json()) as { path: string }).path, "/a/b?c=d");
    assert.equal((await reef("kill", "web")).code, 0);
  });
}

function reef(...words: string[]) {
  return runReef([...words.slice(0, 1), "--state", state.path, ...words.slice(1)]);
}

async function status(): Promise<ServiceStatus> {
  const { items } = await platform.runtime.list();
  const found = items.find(({ name }) => name === "counter");
  assert(found);
  return found;
}

/** Which process answers at the public port. */
async function who(): Promise<{ readonly pid: number; readonly port: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(response.status, 200);
  return (await response.json()) as { pid: number; port: string };
}
