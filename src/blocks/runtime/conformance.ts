/**
 * The promise of `index.ts` as tests, with real programs. Every driver passes it, `remote(service(process))` among them.
 * A driver leaves a case out only by naming it with a reason, and only as long as the case does fail.
 */
import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ReefError } from "../../core/errors.ts";
import type { Registry } from "../registry/index.ts";
import { lineBytesMax, tailDefault } from "./index.ts";
import type { LogLine, LogScope, Runtime, ServiceStatus } from "./index.ts";

/** A runtime that runs nothing yet, and what a test needs to give it programs. */
export interface RuntimeUnderTest extends AsyncDisposable {
  readonly runtime: Runtime;
  /** Where its services register. */
  readonly registry: Registry;
  /** An empty folder for programs, which the runtime can read. */
  readonly folder: string;
  /** The text of a module that is ready to serve contracts of these names, and does so as long as it runs. */
  serving(services: readonly string[]): string;
}

export type OpenRuntime = () => Promise<RuntimeUnderTest>;

export interface RuntimeConformanceOptions {
  readonly open: OpenRuntime;
  /** What the driver cannot keep, with the reason. @default nothing */
  readonly except?: { readonly [claim: string]: string };
}

/** A case starts a few programs; one that takes this long waits for something that will not come. */
const caseTimeoutMs = 60_000;

export function runtimeConformance(driver: string, options: RuntimeConformanceOptions): void {
  const { open, except = {} } = options;
  for (const [claim, run] of Object.entries(runtimeCases)) {
    const reason = except[claim];
    if (reason === undefined) {
      test(`${driver}: ${claim}`, { timeout: caseTimeoutMs }, () => run(open));
    } else {
      // Not a skip: an exception that is not needed any more is one that hides the next failure.
      test(`${driver}, because ${reason}: not ${claim}`, () => assert.rejects(run(open)));
    }
  }
  test(`${driver}: excepts only what is claimed`, () => {
    const unknown = Object.keys(except).filter((claim) => !Object.hasOwn(runtimeCases, claim));
    assert.deepEqual(unknown, []);
  });
}

type Cases = { readonly [claim: string]: (open: OpenRuntime) => Promise<void> };

const greeter = { namespace: "default", name: "greeter" };

const runCases: Cases = {
  async "run() answers when a node of the new process is ready"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", it.serving(["greeter"]));
    const status = await it.runtime.run({ source });
    assert.partialDeepStrictEqual(status, { ...greeter, source, state: "ready", restarts: 0 });
    assert.ok(isAlive(status));
    const { nodes, expected } = await it.registry.resolve({
      namespace: "default",
      service: "greeter",
    });
    assert.deepEqual(
      nodes.map((node) => node.metadata["instance"]),
      [status.instance],
    );
    assert.equal(expected, true);
    assert.deepEqual(await it.runtime.list(), [status]);
  },

  async "run() takes a folder, and a name and a namespace where they are given"(open) {
    await using it = await open();
    await write(it, "shop/service.ts", it.serving(["orders"]));
    const source = join(it.folder, "shop");
    const first = await it.runtime.run({ source });
    const second = await it.runtime.run({ source, name: "shop-2", namespace: "staging" });
    assert.equal(first.source, join(source, "service.ts"));
    assert.deepEqual(
      (await it.runtime.list()).map(({ namespace, name }) => `${namespace} ${name}`),
      ["default shop", "staging shop-2"],
    );
    assert.deepEqual(await it.runtime.list({ namespace: "staging" }), [second]);
    const staging = await it.registry.resolve({ namespace: "staging", service: "orders" });
    assert.equal(staging.nodes[0]?.metadata["instance"], second.instance);
  },

  async "run() gives the program its arguments and variables, and none that it was not given"(
    open,
  ) {
    await using it = await open();
    const tell = `console.log(JSON.stringify([process.argv.slice(2), process.env]));`;
    const source = await write(it, "greeter.ts", tell + it.serving(["greeter"]));
    const args = ["--lang", "de en", ""];
    const status = await it.runtime.run({ source, args, env: { STRIPE_KEY: "a=b\nc" } });
    const texts = await read(it.runtime, { name: "greeter" });
    const seen: unknown = JSON.parse(texts.find((text) => text.startsWith("[[")) ?? "null");
    assert.partialDeepStrictEqual(seen, [
      args,
      { STRIPE_KEY: "a=b\nc", REEF_INSTANCE: status.instance, REEF_NAME: "greeter" },
    ]);
    const shown = JSON.stringify(await it.runtime.list());
    assert.ok(!shown.includes("a=b"), "values of variables are not shown");
  },

  async "run() refuses what is not there, and says what it looked for"(open) {
    await using it = await open();
    const source = join(it.folder, "nothing");
    await refused(it.runtime.run({ source }), { code: "not_found", reason: "no_program" });
    await mkdir(source);
    const error = await refused(it.runtime.run({ source }), { reason: "no_program" });
    assert.match(error.message, /service\.ts, .*nothing\.ts/);
    assert.partialDeepStrictEqual(error.data, { source });
  },

  async "run() refuses names, paths and variables against the rules"(open) {
    await using it = await open();
    const source = await write(it, "My Service.ts", it.serving(["greeter"]));
    const rule = { code: "invalid_argument" } as const;
    const { message } = await refused(it.runtime.run({ source }), rule);
    assert.match(message, /"My Service".*a-z, 0-9 and -/);
    await refused(it.runtime.run({ source, name: "../up" }), rule);
    await refused(it.runtime.run({ source, name: "a", namespace: "a/b" }), rule);
    await refused(it.runtime.run({ source: "greeter.ts" }), rule);
    await refused(it.runtime.run({ source, name: "a", env: { REEF_INSTANCE: "x" } }), rule);
    assert.deepEqual(await it.runtime.list(), []);
  },

  async "run() refuses a name that is running, in its namespace only"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", it.serving(["greeter"]));
    const status = await it.runtime.run({ source });
    const taken = { code: "already_exists", reason: "already_running" } as const;
    const { message } = await refused(it.runtime.run({ source }), taken);
    assert.ok(
      message.includes(`process ${status.pid}`) && message.includes("reef restart greeter"),
    );
    await it.runtime.run({ source, namespace: "staging" });
    assert.deepEqual(await it.runtime.list({ namespace: "default" }), [status]);
  },

  async "run() shows how a program crashed at its start, and leaves nothing behind but its log"(
    open,
  ) {
    await using it = await open();
    const source = await write(
      it,
      "greeter.ts",
      `console.log("one"); throw new Error("no database");`,
    );
    const crashed = { code: "failed_precondition", reason: "crashed" } as const;
    const { message, data } = await refused(it.runtime.run({ source }), crashed);
    assert.match(message, /exit code 1/);
    assert.match(message, /Error: no database/);
    assert.partialDeepStrictEqual(data, greeter);
    assert.deepEqual(await it.runtime.list(), []);
    const view = await it.registry.resolve({ namespace: "default", service: "greeter" });
    assert.equal(view.expected, false);
    const texts = await read(it.runtime, { name: "greeter", tail: 50 });
    assert.ok(texts.includes("one") && texts.includes("Error: no database"));
    assert.equal(texts.filter((text) => text.includes("starts at")).length, 1);
  },

  async "run() says that a program ended well without serving anything"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", `process.stdout.write("done");`);
    const { message, data } = await refused(it.runtime.run({ source }), { reason: "crashed" });
    assert.match(message, /exit code 0.*does it call serve\(\)\?/);
    assert.partialDeepStrictEqual(data, { output: ["done"] });
  },

  async "run() gives up on a program that is not ready in time"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", hanging);
    const options = { readyTimeoutMs: 1_000 };
    const late = { code: "deadline_exceeded", reason: "not_ready" } as const;
    const { message, data } = await refused(it.runtime.run({ source }, options), late);
    assert.match(message, /within 1000 ms/);
    assert.partialDeepStrictEqual(data, greeter);
    assert.deepEqual(await it.runtime.list(), []);
    await endOf(await pidIn(it, "greeter"));
  },

  async "run() takes the service out again when its signal fires"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", hanging);
    const stop = new AbortController();
    const running = it.runtime.run({ source }, { signal: stop.signal });
    const pid = await pidIn(it, "greeter");
    stop.abort();
    await assert.rejects(running);
    await endOf(pid);
    await until(async () => (await it.runtime.list()).length === 0);
  },
};

const restartCases: Cases = {
  async "restart() replaces the process while callers can wait"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", it.serving(["hello", "bye"]));
    const first = await it.runtime.run({ source });
    await using expected = watchExpected(it.registry);
    const second = await it.runtime.restart({ name: "greeter" });
    assert.partialDeepStrictEqual(second, { ...greeter, state: "ready", restarts: 1 });
    assert.ok(!isAlive(first) && isAlive(second) && first.instance !== second.instance);
    assert.deepEqual(await it.runtime.list(), [second]);
    assert.deepEqual(expected.now(), ["bye", "hello"]);
    assert.deepEqual(expected.lost, []);
  },

  async "restart() takes the program as it is now"(open) {
    await using it = await open();
    await write(it, "greeter/index.ts", it.serving(["greeter"]));
    const source = join(it.folder, "greeter");
    await it.runtime.run({ source });
    await write(it, "greeter/service.ts", it.serving(["welcome"]));
    const status = await it.runtime.restart({ name: "greeter" });
    assert.equal(status.source, join(source, "service.ts"));
    const view = await it.registry.resolve({ namespace: "default", service: "welcome" });
    assert.equal(view.nodes[0]?.metadata["instance"], status.instance);
  },

  async "restart() leaves the old process alone when the program is gone"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", it.serving(["greeter"]));
    const status = await it.runtime.run({ source });
    await rm(source);
    const gone = { code: "not_found", reason: "no_program" } as const;
    await refused(it.runtime.restart({ name: "greeter" }), gone);
    assert.ok(isAlive(status));
    assert.deepEqual(await it.runtime.list(), [status]);
  },

  async "restart() shows the crash of the new process, which stays desired"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", it.serving(["greeter"]));
    await it.runtime.run({ source });
    await write(it, "greeter.ts", `throw new Error("bad change");`);
    const crashed = { code: "failed_precondition", reason: "crashed" } as const;
    const { message } = await refused(it.runtime.restart({ name: "greeter" }), crashed);
    assert.match(message, /Error: bad change/);
    const [status] = await it.runtime.list();
    assert.match(status?.lastError ?? "", /exit code 1[^]*Error: bad change/);
    await write(it, "greeter.ts", it.serving(["greeter"]));
    await until(async () => (await it.runtime.list())[0]?.state === "ready");
  },

  async "restart() knows only what is running"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", it.serving(["greeter"]));
    await it.runtime.run({ source });
    const missing = { code: "not_found", reason: "not_running" } as const;
    const error = await refused(it.runtime.restart({ name: "gretter" }), missing);
    assert.match(error.message, /greeter/);
    await refused(it.runtime.restart({ name: "greeter", namespace: "staging" }), missing);
  },

  async "restart() and kill() of one service at a time do not get into each other's way"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", it.serving(["greeter"]));
    await it.runtime.run({ source });
    const restarts = [1, 2, 3].map(() => it.runtime.restart({ name: "greeter" }));
    const results = await Promise.allSettled(restarts);
    assert.equal(results.at(-1)?.status, "fulfilled");
    assert.equal((await it.runtime.list())[0]?.state, "ready");
    const again = it.runtime.restart({ name: "greeter" }).catch(ReefError.from);
    await it.runtime.kill({ name: "greeter" });
    await again;
    assert.deepEqual(await it.runtime.list(), []);
    const view = await it.registry.resolve({ namespace: "default", service: "greeter" });
    assert.equal(view.expected, false);
  },

  async "a process that ends by itself is started again, and how it ended is shown"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", it.serving(["greeter"]));
    const first = await it.runtime.run({ source });
    await using expected = watchExpected(it.registry);
    kill(first);
    await until(async () => {
      const [status] = await it.runtime.list();
      return status?.state === "ready" && status.instance !== first.instance;
    });
    const [second] = await it.runtime.list();
    assert.partialDeepStrictEqual(second, { ...greeter, restarts: 1 });
    assert.match(second?.lastError ?? "", /signal SIGKILL/);
    assert.deepEqual(expected.lost, []);
  },

  async "a process that keeps ending is listed as backing off"(open) {
    await using it = await open();
    const crash = `setTimeout(() => { console.log("out of luck"); process.exit(3); }, 200);`;
    const source = await write(it, "greeter.ts", it.serving(["greeter"]) + crash);
    await it.runtime.run({ source });
    await until(async () => (await it.runtime.list())[0]?.state === "backing-off");
    const [status] = await it.runtime.list();
    assert.match(status?.lastError ?? "", /exit code 3\n(.*\n)*out of luck/);
  },
};

const killCases: Cases = {
  async "kill() ends the process and forgets the service"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", it.serving(["greeter"]));
    const status = await it.runtime.run({ source });
    await it.runtime.kill({ name: "greeter" });
    assert.ok(!isAlive(status));
    assert.deepEqual(await it.runtime.list(), []);
    const view = await it.registry.resolve({ namespace: "default", service: "greeter" });
    assert.equal(view.expected, false);
    const missing = { code: "not_found", reason: "not_running" } as const;
    await refused(it.runtime.kill({ name: "greeter" }), missing);
    await it.runtime.run({ source });
  },

  async "kill() ends a process that ignores being asked, and those that it has started"(open) {
    await using it = await open();
    const stubborn = `
      import { spawn } from "node:child_process";
      process.on("SIGTERM", () => {});
      const child = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)"]);
      console.log("child " + child.pid);`;
    const source = await write(it, "greeter.ts", stubborn + it.serving(["greeter"]));
    const status = await it.runtime.run({ source });
    const texts = await read(it.runtime, { name: "greeter" });
    const child = texts.find((text) => text.startsWith("child "))?.slice("child ".length);
    await it.runtime.kill({ name: "greeter" });
    assert.ok(!isAlive(status));
    await endOf(Number(child));
  },

  async "kill() ends a crash loop"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", it.serving(["greeter"]));
    await it.runtime.run({ source });
    await write(it, "greeter.ts", `throw new Error("bad change");`);
    await assert.rejects(it.runtime.restart({ name: "greeter" }));
    await it.runtime.kill({ name: "greeter" });
    assert.deepEqual(await it.runtime.list(), []);
  },
};

const logCases: Cases = {
  async "logs() gives the last lines of both streams in their order"(open) {
    await using it = await open();
    const talk = `
      for (let n = 0; n < 30; n++) (n % 2 ? console.log : console.error)("line " + n);
      process.stdout.write("no end");`;
    const source = await write(it, "greeter.ts", talk + it.serving(["greeter"]));
    await it.runtime.run({ source });
    const all = Array.from({ length: 30 }, (_, n) => `line ${n}`).concat("no end");
    assert.deepEqual(await read(it.runtime, { name: "greeter" }), all.slice(-tailDefault));
    assert.deepEqual(await read(it.runtime, { name: "greeter", tail: 3 }), all.slice(-3));
    assert.deepEqual(await read(it.runtime, { name: "greeter", tail: 0 }), []);
    assert.deepEqual((await read(it.runtime, { name: "greeter", tail: 99 })).slice(-31), all);
  },

  async "logs() knows only what ran here, and refuses a tail that is none"(open) {
    await using it = await open();
    const missing = { code: "not_found", reason: "not_running" } as const;
    await refused(read(it.runtime, { name: "gretter" }), missing);
    await refused(read(it.runtime, { name: "../../etc/passwd" }), missing);
    await refused(read(it.runtime, { tail: -1 }), { code: "invalid_argument" });
    assert.deepEqual(await read(it.runtime, {}), []);
  },

  async "logs() gives lines since a time"(open) {
    await using it = await open();
    const source = await write(it, "greeter.ts", `console.log("first");${it.serving(["greeter"])}`);
    await it.runtime.run({ source });
    await pause(50);
    const since = new Date();
    await write(it, "greeter.ts", `console.log("second");${it.serving(["greeter"])}`);
    await it.runtime.restart({ name: "greeter" });
    const texts = await read(it.runtime, { name: "greeter", since });
    assert.ok(texts.includes("second") && !texts.includes("first"));
    assert.deepEqual(await read(it.runtime, { since: new Date(Date.now() + 60_000) }), []);
  },

  async "logs() follows a service through a restart, and ends with its signal"(open) {
    await using it = await open();
    const talk = `console.log("pid " + process.pid);`;
    const source = await write(it, "greeter.ts", talk + it.serving(["greeter"]));
    const first = await it.runtime.run({ source });
    const stop = new AbortController();
    const scope = { name: "greeter", tail: 0, follow: true, signal: stop.signal };
    const lines = it.runtime.logs(scope)[Symbol.asyncIterator]();
    const line = lines.next();
    const second = await it.runtime.restart({ name: "greeter" });
    const texts = [(await line).value?.text];
    while (texts.at(-1) !== `pid ${second.pid}`) texts.push((await lines.next()).value?.text);
    assert.ok(!texts.includes(`pid ${first.pid}`));
    const end = lines.next();
    stop.abort();
    assert.deepEqual(await end, { value: undefined, done: true });
  },

  async "logs() brings all services together in order of time, also those that come later"(open) {
    await using it = await open();
    const source = await write(it, "a.ts", talking("a") + it.serving(["a"]));
    await it.runtime.run({ source });
    const seen: LogLine[] = [];
    const stop = new AbortController();
    const following = collect(it.runtime.logs({ follow: true, signal: stop.signal }), seen);
    await it.runtime.run({ source: await write(it, "b.ts", talking("b") + it.serving(["b"])) });
    await until(async () => {
      const names = seen.filter(({ text }) => text.startsWith("tick")).map(({ name }) => name);
      return names.filter((name, n) => name !== names[n - 1]).length > 6;
    });
    stop.abort();
    await following;
    for (const { name, text } of seen)
      if (text.startsWith("tick")) assert.equal(text, `tick ${name}`);
    const times = (await readLines(it.runtime, { tail: 50 })).map(({ at }) => at.getTime());
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    const names = new Set((await readLines(it.runtime, { tail: 50 })).map(({ name }) => name));
    assert.deepEqual([...names].toSorted(), ["a", "b"]);
  },

  async "logs() gives a line without end in pieces"(open) {
    await using it = await open();
    const length = 3 * lineBytesMax;
    const talk = `process.stdout.write("x".repeat(${length}) + "\\n");`;
    const source = await write(it, "greeter.ts", talk + it.serving(["greeter"]));
    await it.runtime.run({ source });
    const texts = await read(it.runtime, { name: "greeter", tail: 1 });
    assert.equal(texts.join("").length, length);
    for (const text of texts) assert.ok(text.length <= lineBytesMax);
  },
};

/** Each claim with the function that throws where it does not hold. */
export const runtimeCases: Cases = { ...runCases, ...restartCases, ...killCases, ...logCases };

/** Says its pid and then nothing. */
const hanging = `console.log("pid " + process.pid); setInterval(() => {}, 1e6);\n`;

function talking(name: string): string {
  return `setInterval(() => console.log("tick ${name}"), 40);`;
}

async function write(it: RuntimeUnderTest, path: string, text: string): Promise<string> {
  const file = join(it.folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

async function readLines(runtime: Runtime, scope: LogScope): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  await collect(runtime.logs(scope), lines);
  return lines;
}

async function read(runtime: Runtime, scope: LogScope): Promise<readonly string[]> {
  return (await readLines(runtime, scope)).map(({ text }) => text);
}

async function collect(lines: AsyncIterable<LogLine>, into: LogLine[]): Promise<void> {
  for await (const line of lines) into.push(line);
}

/** The pid that a program has written into its log, which may not be there yet. */
async function pidIn(it: RuntimeUnderTest, name: string): Promise<number> {
  let pid: number | undefined;
  await until(async () => {
    const texts = await read(it.runtime, { name }).catch(() => []);
    pid = Number(texts.find((text) => text.startsWith("pid "))?.slice("pid ".length));
    return pid > 0;
  });
  return pid ?? 0;
}

async function refused(
  work: Promise<unknown>,
  expected: Partial<Pick<ReefError, "code" | "reason">>,
): Promise<ReefError> {
  const thrown = await work.then(
    () => assert.fail(`was not refused with ${JSON.stringify(expected)}`),
    ReefError.from,
  );
  assert.partialDeepStrictEqual({ code: thrown.code, reason: thrown.reason }, expected, thrown);
  return thrown;
}

/** The services that are expected, and those that were not for a moment. */
function watchExpected(registry: Registry) {
  const stop = new AbortController();
  const expected = new Set<string>();
  const lost: string[] = [];
  const watching = watch();
  async function watch() {
    for await (const event of registry.watch({ signal: stop.signal })) {
      if (event.kind !== "expected") continue;
      if (event.expected) expected.add(event.service);
      else lost.push(event.service);
    }
  }
  return {
    lost,
    now: () => [...expected].toSorted(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
    },
  };
}

function kill({ pid }: ServiceStatus): void {
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGKILL");
}

function isAlive({ pid }: ServiceStatus): boolean {
  assert.ok(pid !== undefined);
  return lives(pid);
}

/** Of this machine. One that has ended and was not reaped yet does not live. */
function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function endOf(pid: number): Promise<void> {
  assert.ok(pid > 0);
  await until(async () => !lives(pid) || (await isZombie(pid)));
}

/** A process whose parent died first is reaped by whoever inherits it, and that may take its time. */
async function isZombie(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).startsWith("Z");
}

/** Looks again until it is so; the time limit of the case ends it. */
async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await pause(10);
}
