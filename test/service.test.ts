/** One part of the platform in a process of its own: started in any order, killed under calls, and found again. */
import assert from "node:assert/strict";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";

import type { Registry } from "../src/blocks/registry/index.ts";
import { t } from "../src/contract/builder.ts";
import { contract } from "../src/contract/contract.ts";
import { method } from "../src/contract/method.ts";
import { ReefError } from "../src/core/errors.ts";
import { openPlatform } from "../src/framework/platform.ts";
import { processIdentity } from "../src/supervisor/process-identity.ts";
import { limitHere } from "./busy-machine.ts";
import {
  openStateFolder,
  root,
  runReef,
  startNode,
  startPlatform,
  startReef,
  type Underway,
} from "./test-command.ts";

const excludeRegistry = ["--port", "0", "--exclude", "registry"];

/** A part that has just been started, again or for the first time, is used within this. */
const usedMs = 1_000;

/** The runtime loads what it needs first, which is most of it. */
const readyMs = 2_000;

/** Longer than any of this takes on a busy machine. */
const untilMs = 30_000;

const Echo = contract("echo", {
  pid: method({ input: t.object({}), output: t.object({ pid: t.integer() }), idempotent: true }),
});

const program = `
import { contract, method, serve, service, t } from "${pathToFileURL(join(root, "src/index.ts"))}";

const Echo = contract("echo", {
  pid: method({ input: t.object({}), output: t.object({ pid: t.integer() }), idempotent: true }),
});
await serve(service(Echo, { pid: () => ({ pid: process.pid }) }));
`;

test("a platform starts before its store, says what to type, and uses it when it comes", async (t) => {
  await using state = await openStateFolder();
  await using server = await startPlatform(state.path, ["--exclude", "store"]);
  assert.match(server.output(), /waits for its store/);
  await using platform = await openPlatform({ state: state.path });
  const table = platform.store.table("t");
  await assert.rejects(table.put("a", "1"), (error) => {
    assert(error instanceof ReefError);
    assert.equal(error.code, "unavailable");
    assert.match(error.message, /start it with "reef service store --state \S+"$/);
    return true;
  });
  assert.equal((await runReef(["status", "--state", state.path])).code, 1);

  await using store = await startPart("store", state.path);
  await until(() => table.put("a", "1").then(yes, no));
  await server.printed(/Found the store[^]*reef is ready/);
  const startedAt = performance.now();
  await until(() => platform.runtime.list().then(yes, no));
  const followedAfter = performance.now() - startedAt;
  t.diagnostic(`the runtime followed in ${Math.round(followedAfter)} ms`);
  assert(followedAfter < (await limitHere(usedMs)));
  const part = await partOf(state.path, "store");
  assert.deepEqual(
    { state: part.state, place: part.place, pid: part.pid, survives: part.survives },
    { state: "ready", place: "process", pid: store.child.pid, survives: "power" },
  );
  const { mode } = await stat(join(state.path, "run", "store.sock"));
  assert.equal(mode & 0o777, 0o600);
});

test("kill -9 of the store under writes loses none that was acknowledged, and it is used again", async (t) => {
  await using state = await openStateFolder();
  const first = await startPart("store", state.path);
  await using server = await startPlatform(state.path, ["--exclude", "store"]);
  await using platform = await openPlatform({ state: state.path });
  const table = platform.store.table("kept");
  const acknowledged = new Set<string>();
  const failures: ReefError[] = [];
  const over = new AbortController();
  async function write(writer: number): Promise<void> {
    for (let n = 0; !over.signal.aborted; n += 1) {
      const key = `${writer}-${n}`;
      await table.put(key, "1").then(
        () => acknowledged.add(key),
        (error: unknown) => failures.push(ReefError.from(error)),
      );
    }
  }
  const writers = [1, 2, 3, 4].map(write);
  await until(() => acknowledged.size > 50);
  first.child.kill("SIGKILL");
  await first.finished;
  await until(() => failures.some(({ message }) => /start it with/.test(message)));
  await using second = await startPart("store", state.path);
  const startedAt = performance.now();
  const before = acknowledged.size;
  await until(() => acknowledged.size > before);
  const usedAfter = performance.now() - startedAt;
  await until(() => acknowledged.size > before + 50);
  over.abort();
  await Promise.all(writers);
  t.diagnostic(
    `${acknowledged.size} writes, ${failures.length} refused, used after ${Math.round(usedAfter)} ms`,
  );
  assert(usedAfter < (await limitHere(usedMs)));
  assert.deepEqual([...new Set(failures.map(({ code }) => code))], ["unavailable"]);
  for (const key of acknowledged) assert(await table.get(key), key);
  assert.equal(second.child.exitCode, null);
  assert.equal(server.child.exitCode, null);
});

test("kill -9 of the registry: calls go on, and every service is listed again", async () => {
  await using state = await openStateFolder();
  const file = join(state.path, "echo.ts");
  await writeFile(file, program);
  await using server = startReef(["server", "--state", state.path, ...excludeRegistry]);
  await server.printed(/waits for its registry/);
  const first = await startPart("registry", state.path);
  await server.printed(/Found the registry/);
  await using platform = await openPlatform({ state: state.path });
  const run = await runReef(["run", file, "--state", state.path]);
  assert.equal(run.code, 0, run.stderr);
  await using echo = platform.client(Echo);
  const { pid } = await echo.pid({});

  first.child.kill("SIGKILL");
  await first.finished;
  for (let n = 0; n < 20; n += 1) assert.equal((await echo.pid({})).pid, pid);
  // The platform itself does not need it to say how it fares.
  const away = await partOf(state.path, "registry");
  assert.deepEqual([away.state, away.ready], ["away", false]);
  assert.match(away.error ?? "", /reef service registry/);

  await using second = await startPart("registry", state.path);
  const startedAt = performance.now();
  await listed(platform.registry, "echo");
  const listedAfter = performance.now() - startedAt;
  assert(listedAfter < (await limitHere(usedMs)), `${listedAfter} ms`);
  assert.equal((await echo.pid({})).pid, pid);
  const status = await runReef(["status", "--state", state.path, "--json"]);
  assert.equal(status.code, 0, status.stdout);
  assert.equal(second.child.exitCode, null);
});

test("a registry that outlives its platform does not make callers forget what comes back", async () => {
  await using state = await openStateFolder();
  const file = join(state.path, "echo.ts");
  await writeFile(file, program);
  await using registry = await startPart("registry", state.path);
  const killed = startReef(["server", "--state", state.path, ...excludeRegistry]);
  await killed.printed(/The gateway listens/);
  // Its own process, so that it is there whatever becomes of the platform.
  await using service = startNode([file], { REEF_STATE: state.path });
  await service.printed(/is ready/);
  await using caller = await openPlatform({ state: state.path });
  await using echo = caller.client(Echo);
  assert.equal((await echo.pid({})).pid, service.child.pid);

  killed.child.kill("SIGKILL");
  await killed.finished;
  assert.equal((await echo.pid({})).pid, service.child.pid);
  await using again = startReef(["server", "--state", state.path, ...excludeRegistry]);
  await again.printed(/Ctrl-C to stop/);
  const end = performance.now() + usedMs;
  // Not one of them finds an empty list, although it is the same registry and it has forgotten the service.
  for (let n = 0; performance.now() < end; n += 1) {
    assert.equal((await echo.pid({})).pid, service.child.pid, `call ${n}`);
  }
  await listed(caller.registry, "echo");
  assert.equal(again.child.exitCode, null);
  assert.equal(registry.child.exitCode, null);
});

test("runtime and gateway alone: started first they wait, and then they serve the platform", async () => {
  await using state = await openStateFolder();
  const file = join(state.path, "echo.ts");
  await writeFile(file, program);
  await using runtime = startReef(["service", "runtime", "--state", state.path]);
  await using gateway = startReef(["service", "gateway", "--state", state.path, "--port", "0"]);
  await runtime.printed(
    /Waiting for the platform; start it with "reef server --exclude runtime --state \S+"/,
  );
  await gateway.printed(/Waiting for the platform/);
  const exclude = ["--exclude", "runtime", "--exclude", "gateway"];
  await using server = startReef(["server", "--state", state.path, "--port", "0", ...exclude]);
  await runtime.printed(/runtime is ready/);
  const [, url] = await gateway.printed(/open {2}(\S+)/);

  const run = await runReef(["run", file, "--state", state.path]);
  assert.equal(run.code, 0, run.stderr);
  const answer = await fetch(`${url}/echo/pid`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  assert.equal(answer.status, 200);
  const { pid } = (await answer.json()) as { pid: number };
  assert.equal((await partOf(state.path, "runtime")).pid, runtime.child.pid);
  const status = await runReef(["status", "--state", state.path, "--json"]);
  assert.equal(JSON.parse(status.stdout).gateway, url);

  runtime.child.kill("SIGINT");
  assert.equal((await runtime.finished).code, 0);
  assert.equal(processIdentity(pid), undefined, "it ends what it has started");
  const list = await runReef(["list", "--state", state.path]);
  assert.equal(list.code, 1);
  assert.match(list.stderr, /reef service runtime/);
  assert.equal(server.child.exitCode, null);
});

test("kill -9 of the runtime alone: what it runs goes on, and is found again by the next one", async (t) => {
  await using state = await openStateFolder();
  const file = join(state.path, "echo.ts");
  await writeFile(file, program);
  const exclude = ["--exclude", "runtime", "--exclude", "store", "--port", "0"];
  await using server = startReef(["server", "--state", state.path, ...exclude]);
  const killed = startReef(["service", "runtime", "--state", state.path]);
  // It needs the store to know what to run.
  await killed.printed(/The runtime waits: .* start it with "reef service store --state \S+"/);
  await using store = await startPart("store", state.path);
  const startedAt = performance.now();
  await killed.printed(/runtime is ready/);
  const readyAfter = performance.now() - startedAt;
  t.diagnostic(`ready ${Math.round(readyAfter)} ms after the store`);
  assert(readyAfter < (await limitHere(readyMs)));

  const run = await runReef(["run", file, "--state", state.path]);
  assert.equal(run.code, 0, run.stderr);
  await using platform = await openPlatform({ state: state.path });
  await using echo = platform.client(Echo);
  const { pid } = await echo.pid({});
  killed.child.kill("SIGKILL");
  await killed.finished;
  assert.equal((await echo.pid({})).pid, pid);
  await using again = await startPart("runtime", state.path);
  assert.equal((await echo.pid({})).pid, pid);
  const list = await runReef(["list", "--state", state.path, "--json"]);
  assert.match(list.stdout, new RegExp(`"pid":${pid}\\b`));
  again.child.kill("SIGINT");
  assert.equal((await again.finished).code, 0);
  assert.equal(processIdentity(pid), undefined, "it ends what it has found");
  assert.deepEqual([server.child.exitCode, store.child.exitCode], [null, null]);
});

test("a platform whose parts are all elsewhere and gone stops at once", async () => {
  await using state = await openStateFolder();
  const names = ["store", "registry", "runtime", "gateway", "proxy", "ports"];
  const exclude = names.flatMap((name) => ["--exclude", name]);
  await using server = startReef(["server", "--state", state.path, ...exclude]);
  await server.printed(/waits for its store and its registry/);
  const startedAt = performance.now();
  server.child.kill("SIGINT");
  assert.equal((await server.finished).code, 0);
  const stoppedAfter = performance.now() - startedAt;
  assert(stoppedAfter < (await limitHere(2_000)), `${stoppedAfter} ms`);
});

test("one part runs once in a state folder, and whoever has it is named", async () => {
  await using state = await openStateFolder();
  await using store = await startPart("store", state.path);
  await using server = await startPlatform(state.path, ["--exclude", "store"]);
  const second = await runReef(["service", "store", "--state", state.path]);
  assert.equal(second.code, 1);
  assert.match(
    second.stderr,
    new RegExp(`Cannot run the store: .* own, pid ${store.child.pid}; end`),
  );
  const registry = await runReef(["service", "registry", "--state", state.path, "--json"]);
  assert.equal(registry.code, 1);
  const { error } = JSON.parse(registry.stderr);
  assert.equal(error.code, "failed_precondition");
  assert.match(error.message, new RegExp(`platform runs it itself, pid ${server.child.pid}`));
  await using other = await openStateFolder();
  await using alone = await startPart("store", other.path);
  const whole = await runReef(["server", "--state", other.path, "--port", "0"]);
  assert.equal(whole.code, 1);
  assert.match(whole.stderr, /leave it there with "reef server --exclude store/);
  assert.equal(alone.child.exitCode, null);
});

test("a name that is no part is refused with those that are", async () => {
  const wrong = await runReef(["service", "stor"]);
  assert.equal(wrong.code, 2);
  assert.match(
    wrong.stderr,
    /one of store, registry, auth, namespaces, runtime, gateway, proxy, ports, .*did you mean "store"/,
  );
  const excluded = await runReef(["server", "--exclude", "http"]);
  assert.equal(excluded.code, 2);
});

/** `reef service NAME`, ready. */
async function startPart(name: string, state: string): Promise<Underway> {
  const part = startReef(["service", name, "--state", state]);
  await part.printed(new RegExp(`${name} is ready`));
  return part;
}

/** What `reef status` says about a part. */
async function partOf(state: string, name: string) {
  const { stdout } = await runReef(["status", "--state", state, "--json"]);
  const items = JSON.parse(stdout).items as {
    readonly kind: string;
    readonly name: string;
    readonly state: string;
    readonly ready: boolean;
    readonly place?: string;
    readonly pid?: number;
    readonly survives?: string;
    readonly error?: string;
  }[];
  return items.find((item) => item.kind === "part" && item.name === name) ?? assert.fail(name);
}

/** Resolves when a ready node of the service is listed. */
async function listed(registry: Registry, service: string): Promise<void> {
  const scope = { namespace: "default", service };
  await until(() => registry.resolve(scope).then(({ nodes }) => nodes.length > 0, no));
}

/** Asks again until it is so: what other processes do has no event here. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + untilMs;
  while (!(await isSo())) {
    assert(performance.now() < endsAt, `not within ${untilMs} ms: ${String(isSo)}`);
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    await setTimeout(10);
  }
}

function yes(): boolean {
  return true;
}

function no(): boolean {
  return false;
}
