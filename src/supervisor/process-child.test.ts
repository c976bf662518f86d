import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sleep } from "../core/clock.ts";
import { createManualClock, type ManualClock } from "../testing/manual-clock.ts";
import { within } from "../testing/within.ts";
import { processChild, type ProcessChildOptions, type ProcessExit } from "./process-child.ts";
import { ProcessGroups } from "./process-groups.ts";
import { groupLives, isAlive, type ProcessIdentity, processIdentity } from "./process-identity.ts";
import { openSupervisor } from "./supervisor.ts";

test("processChild() resolves when the process ends with code 0, with its output in the file", async () => {
  await using stage = await openStage();
  await stage.run("echo hello; echo trouble >&2");
  assert.equal(await stage.output(), "hello\n");
  assert.equal(await readFile(stage.stderr, "utf8"), "trouble\n");
  assert.equal((await stat(stage.stdout)).mode & 0o777, 0o600);
  assert.deepEqual(stage.exits, [{ pid: stage.pid(), code: 0, signal: null, asked: false }]);
});

test("processChild() gives the process exactly the environment it was told", async () => {
  await using stage = await openStage({ env: { PATH: process.env["PATH"], ONLY: "this" } });
  await stage.run("env | grep -v -E '^(PATH|PWD|SHLVL|_|OLDPWD)='");
  assert.equal(await stage.output(), "ONLY=this\n");
});

test("processChild() rejects with the code, and says where the last words are", async () => {
  await using stage = await openStage();
  await assert.rejects(stage.run("echo 'no luck' >&2; exit 3"), (error: Error) => {
    assert.match(
      error.message,
      /^Process "sh" \(\d+\) ended with code 3; its last words are in .*err$/,
    );
    assert.deepEqual("data" in error && error.data, stage.exits[0]);
    return true;
  });
});

test("processChild() rejects with the signal when somebody else kills the process", async () => {
  await using stage = await openStage();
  const running = stage.run("echo up; exec sleep 60");
  await stage.printed();
  process.kill(stage.pid(), "SIGKILL");
  await assert.rejects(running, { code: "unavailable", message: /was ended by SIGKILL/ });
});

test("processChild() stops the process by SIGTERM, and that is no failure", async () => {
  await using stage = await openStage();
  const running = stage.run("echo up; exec sleep 60");
  await stage.printed();
  stage.stop();
  await running;
  assert.deepEqual(stage.exits, [{ pid: stage.pid(), code: null, signal: "SIGTERM", asked: true }]);
  stage.assertNothingLeft();
});

test("processChild() kills a process that ignores SIGTERM after the grace, and not before", async () => {
  const clock = createManualClock();
  await using stage = await openStage({ clock, stopGraceMs: 500 });
  const running = stage.run(`trap 'echo no' TERM; echo up; while :; do sleep 0.01; done`);
  await stage.printed("up\n");
  stage.stop();
  await stage.printed("up\nno\n");
  await clock.advance(499);
  assert.equal(isAlive(stage.identity()), true);
  await clock.advance(1);
  await Promise.all([running, moveOn(clock, running)]);
  assert.equal(stage.exits[0]?.signal, "SIGKILL");
  stage.assertNothingLeft();
});

test("processChild() is over only when a grandchild that ignores SIGTERM is gone, too", async () => {
  await using stage = await openStage({ stopGraceMs: 50 });
  const running = stage.run(
    `sh -c 'trap "" TERM; echo up; while :; do sleep 0.01; done' & exec sleep 60`,
  );
  await stage.printed();
  stage.stop();
  await running;
  assert.equal(stage.exits[0]?.signal, "SIGTERM");
  stage.assertNothingLeft();
});

test("processChild() kills what a process that crashed has left behind, at once", async () => {
  await using stage = await openStage({ stopGraceMs: 60_000 });
  await assert.rejects(stage.run(`sh -c 'trap "" TERM; sleep 60' & echo $!; exit 7`), /code 7/);
  const grandchild = Number(await stage.output());
  assert.ok(grandchild > 1);
  assert.equal(processIdentity(grandchild), undefined);
  stage.assertNothingLeft();
});

test("processChild() is ready when `readiness` says so", async () => {
  await using stage = await openStage({
    readiness: async ({ pid }) => assert.equal(pid, stage.pid()),
  });
  const running = stage.run("exec sleep 60");
  await stage.isReady;
  stage.stop();
  await running;
});

test("processChild() stops the process and fails when `readiness` fails", async () => {
  await using stage = await openStage({
    readiness: () => Promise.reject(new Error("port is taken")),
  });
  await assert.rejects(stage.run("exec sleep 60"), /port is taken/);
  stage.assertNothingLeft();
});

test("processChild() ends `readiness` when the process is over, and reports how that ended", async () => {
  await using stage = await openStage({
    readiness: ({ signal }) => sleep(60_000, { signal }),
  });
  await assert.rejects(stage.run("exit 4"), /code 4/);
});

test("processChild() names a program that is not there, and a directory that is none", async () => {
  await using stage = await openStage();
  const run = (options: Partial<ProcessChildOptions>) =>
    processChild({ ...stage.options, ...options })(stage.context);
  await assert.rejects(run({ command: "no-such-program" }), {
    code: "failed_precondition",
    message: /^Cannot start "no-such-program": there is no such program on its PATH/,
  });
  await assert.rejects(run({ command: stage.script }), {
    code: "failed_precondition",
    message: /may not be executed/,
  });
  await assert.rejects(run({ cwd: "/no/such/place" }), {
    code: "failed_precondition",
    message: /its working directory "\/no\/such\/place" is not a directory/,
  });
  assert.equal(stage.groups.size, 0);
});

test("processIdentity() knows a live process, and neither a zombie nor a dead one", async () => {
  await using stage = await openStage();
  // `sleep` replaces the shell and never looks after the child that the shell had: that one stays a zombie.
  const running = stage.run("sleep 0 & echo $!; exec sleep 60");
  await stage.printed();
  const zombie = Number(await stage.output());
  await until(() => stateOf(zombie) === "Z");
  assert.equal(processIdentity(zombie), undefined);
  assert.equal(isAlive(stage.identity()), true);
  assert.equal(isAlive({ ...stage.identity(), startTime: "1" }), false);
  assert.equal(isAlive({ ...stage.identity(), bootId: "another" }), false);
  stage.stop();
  await running;
  assert.equal(isAlive(stage.identity()), false);
});

for (const end of ["process.exit(3)", "throw new Error('a bug')", "await new Promise(() => {})"]) {
  test(`ProcessGroups leaves no orphan when the platform ends by ${end}`, async () => {
    await using stage = await openStage();
    const script = join(stage.directory, "platform.ts");
    await writeFile(
      script,
      `import { processChild } from ${here("process-child.ts")};
       import { ProcessGroups } from ${here("process-groups.ts")};
       const groups = new ProcessGroups();
       process.once("exit", () => groups.killAll());
       process.once("SIGTERM", () => process.exit(0));
       const { promise, resolve } = Promise.withResolvers();
       const command = "trap '' TERM; sh -c 'trap \\"\\" TERM; sleep 60' & echo up; sleep 60";
       void processChild({ command: "sh", args: ["-c", command], cwd: ".", env: process.env,
         stdout: ${JSON.stringify(stage.stdout)}, stderr: ${JSON.stringify(stage.stderr)}, groups,
         onSpawn: (identity) => { console.log(identity.pid); resolve(); },
       })({ signal: new AbortController().signal, path: "x", ready() {}, unstopped() {} });
       await promise;
       process.on("SIGUSR2", () => undefined);
       await new Promise((resolve) => process.stdin.once("data", resolve));
       ${end}`,
    );
    const platform = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "ignore"] });
    const printed = new Promise<string>((tell) => {
      platform.stdout.setEncoding("utf8").once("data", tell);
    });
    const exited = new Promise((tell) => platform.once("exit", tell));
    const group = Number(await printed);
    await stage.printed();
    assert.equal(groupLives(group), true);
    platform.stdin.write("go\n");
    if (end.startsWith("await")) platform.kill("SIGTERM");
    await exited;
    await until(() => !groupLives(group));
  });
}

test("Supervisor has a process that was killed with -9 back in less than a second", async () => {
  await using stage = await openStage();
  await using supervisor = openSupervisor({ name: "test" });
  const args = ["-c", "exec sleep 60"];
  await supervisor.add({ name: "sleeper", run: processChild({ ...stage.options, args }) });
  await supervisor.whenReady("sleeper");
  await within(1_000, async () => {
    const before = stage.pid();
    const restarted = new Promise((tell) => {
      supervisor.events.on(({ kind }) => kind === "ready" && tell(kind));
    });
    const killedMs = performance.now();
    process.kill(before, "SIGKILL");
    await restarted;
    assert.notEqual(stage.pid(), before);
    return performance.now() - killedMs;
  });
  assert.deepEqual((await supervisor.close()).unstopped, []);
  stage.assertNothingLeft();
});

interface Stage extends AsyncDisposable {
  readonly directory: string;
  readonly stdout: string;
  readonly stderr: string;
  /** A file that may not be executed. */
  readonly script: string;
  readonly groups: ProcessGroups;
  readonly options: ProcessChildOptions;
  readonly context: Parameters<ReturnType<typeof processChild>>[0];
  readonly exits: readonly ProcessExit[];
  readonly isReady: Promise<void>;
  run(shellScript: string): Promise<void>;
  stop(): void;
  identity(): ProcessIdentity;
  pid(): number;
  output(): Promise<string>;
  /** Waits for output, for exactly `text` if given. */
  printed(text?: string): Promise<void>;
  assertNothingLeft(): void;
}

async function openStage(options: Partial<ProcessChildOptions> = {}): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), "reef-"));
  const [stdout, stderr, script] = ["out", "err", "script"].map((name) => join(directory, name));
  assert.ok(stdout && stderr && script);
  await writeFile(script, "echo hello", { mode: 0o600 });
  const abort = new AbortController();
  const groups = new ProcessGroups();
  const exits: ProcessExit[] = [];
  const identities: ProcessIdentity[] = [];
  const ready = Promise.withResolvers<void>();
  const output = () => readFile(stdout, "utf8").catch(() => "");
  const stage: Stage = {
    directory,
    stdout,
    stderr,
    script,
    groups,
    exits,
    isReady: ready.promise,
    context: { signal: abort.signal, path: "test", ready: ready.resolve, unstopped() {} },
    options: {
      command: "sh",
      cwd: directory,
      env: { PATH: process.env["PATH"] },
      stdout,
      stderr,
      groups,
      onSpawn: (identity) => void identities.push(identity),
      onExit: (exit) => void exits.push(exit),
      ...options,
    },
    run: (text) => processChild({ ...stage.options, args: ["-c", text] })(stage.context),
    stop: () => abort.abort(),
    pid() {
      const pid = identities.at(-1)?.pid ?? exits.at(-1)?.pid;
      assert.ok(pid !== undefined && pid > 1, "the process was started");
      return pid;
    },
    identity() {
      const identity = identities.at(-1);
      assert.ok(identity, "the process was started");
      return identity;
    },
    output,
    printed: (text) =>
      until(async () => {
        const now = await output();
        return text === undefined ? now !== "" : now === text;
      }),
    assertNothingLeft() {
      for (const { pid } of identities) assert.equal(groupLives(pid), false);
      assert.equal(groups.size, 0);
    },
    async [Symbol.asyncDispose]() {
      groups.killAll();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return stage;
}

/** A file beside this one, as the text of an import. */
function here(file: string): string {
  return JSON.stringify(join(import.meta.dirname, file));
}

/** What a process does has no event here: looked at until it is so. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(2);
}

/** Moves the clock on until `done`, for those that look at something again and again. */
async function moveOn(clock: ManualClock, done: Promise<unknown>): Promise<void> {
  const isDone = done.then(() => true);
  const step = () => clock.advance(10).then(() => false);
  while (!(await Promise.race([isDone, step()]))) await sleep(1);
}

function stateOf(pid: number): string {
  return execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).slice(0, 1);
}
