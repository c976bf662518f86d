import assert from "node:assert/strict";
import test from "node:test";
import { type LogLine, publicPortKey, type RunSpec } from "../blocks/runtime/index.ts";
import { contract } from "../contract/contract.ts";
import { freePort } from "../testing/free-port.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { interruption } from "./failure.ts";
import { mergeLogs } from "./merge-logs.ts";
import { createTestTerminal, openTestPlatform, runLine, statusOf } from "./test-platform.ts";

const pricing = contract("pricing", {});

test("run says what it does on stderr, and on stdout the result with the next command", async () => {
  await using platform = await openTestPlatform();
  const outcome = await runLine(["run", "./greeter.ts"], { platform, clock: createManualClock() });
  assert.deepEqual(outcome, {
    exitCode: 0,
    stdout: "greeter is ready (pid 4711, 0ms)\n",
    stderr: "Starting ./greeter.ts ...\ntry: reef logs greeter\n",
  });
  assert.equal(platform.running[0]?.source, "/srv/greeter.ts");
});

test("run --json prints one object and says nothing else", async () => {
  const { stdout, stderr } = await runLine(["run", "/x/greeter.ts", "--name", "g2", "--json"]);
  assert.equal(stderr, "");
  const { name, state, pid, services } = JSON.parse(stdout);
  assert.deepEqual(
    { name, state, pid, services },
    { name: "g2", state: "ready", pid: 4711, services: [] },
  );
});

test("run shows the output of a service that crashed at its start", async () => {
  const { exitCode, stdout, stderr } = await runLine(["run", "./crash.ts"]);
  assert.deepEqual([exitCode, stdout], [1, ""]);
  assert.match(
    stderr,
    /TypeError: x is not a function\n.*at crash\.ts:1:1\n.*try: reef logs crash\n$/s,
  );
});

test("run of a name that is taken proposes to restart it", async () => {
  await using platform = await openTestPlatform();
  platform.running.push(statusOf({ name: "greeter" }));
  const { exitCode, stderr } = await runLine(["run", "./greeter.ts"], { platform });
  assert.equal(exitCode, 1);
  assert.match(stderr, /\ntry: reef update greeter\n$/);
});

test("run refuses a public port that another service has, and leaves its own to the runtime", async () => {
  await using platform = await openTestPlatform();
  // Nobody listens there: a port that is let through is only looked at.
  const port = String(await freePort());
  await platform.registry.register(
    {
      id: "pricing-1",
      namespace: "default",
      service: "pricing",
      version: "0.0.0",
      state: "ready",
      addresses: ["http://127.0.0.1:7000"],
      contractDigest: pricing.digest,
      metadata: { [publicPortKey]: port },
    },
    { contract: pricing.descriptor },
  );
  const run = (...more: string[]) =>
    runLine(["run", "--port", port, "--command", "python3 pricing.py", ...more], { platform });
  const taken = `Cannot take port ${port}: service "pricing"`;
  const named = await run("--name", "other");
  assert.equal(named.exitCode, 1);
  assert.ok(named.stderr.includes(`${taken} has it; choose another one`), named.stderr);
  await platform.namespaces.create({ name: "test" });
  const apart = await run("--namespace", "test");
  assert.ok(apart.stderr.includes(`${taken} of namespace "default" has it`), apart.stderr);
  assert.deepEqual([(await run()).exitCode, platform.running.length], [0, 1]);
});

test("run says to a person what a start that takes long waits for", async () => {
  for (const isTty of [true, false]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const said = await saidWhileStarting(isTty);
    const waiting = "Waiting until it answers /healthz on its PORT with 2xx (5s of 20s) ...";
    assert.equal(said.includes(waiting), isTty, said);
  }
});

/** What a start of more than five seconds has said by then. */
async function saidWhileStarting(isTty: boolean): Promise<string> {
  await using platform = await openTestPlatform();
  const started = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { runtime } = platform;
  const slow: typeof runtime = Object.create(runtime);
  slow.run = async (spec) => {
    asked.resolve();
    await started.promise;
    return await runtime.run(spec);
  };
  const clock = createManualClock();
  const stderr = createTestTerminal({ isTty });
  const words = ["run", "--name", "web", "--command", "x", "--ready", "/healthz"];
  const ended = runLine(words, { platform: { ...platform, runtime: slow }, clock, stderr });
  await asked.promise;
  await clock.advance(5_000);
  const said = stderr.text;
  started.resolve();
  assert.equal((await ended).exitCode, 0);
  return said;
}

test("run --env KEY gives the program the value of the shell, and refuses one that has none", async () => {
  await using platform = await openTestPlatform();
  const { runtime } = platform;
  const specs: RunSpec[] = [];
  const remembering: typeof runtime = Object.create(runtime);
  remembering.run = async (spec) => {
    specs.push(spec);
    return await runtime.run(spec);
  };
  const options = { platform: { ...platform, runtime: remembering }, env: { TOKEN: "hush" } };
  const flags = ["--env", "TOKEN", "--env", "LEVEL=debug", "--env=EMPTY="];
  assert.equal((await runLine(["run", "./a.ts", ...flags], options)).exitCode, 0);
  assert.deepEqual(specs[0]?.env, { TOKEN: "hush", LEVEL: "debug", EMPTY: "" });
  for (const line of ["run b.ts --env TOKN", "update a --env TOKN", "run b.ts --env toString"]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { exitCode, stderr } = await runLine(line.split(" "), options);
    assert.equal(exitCode, 2);
    assert.match(stderr, /^reef: .*the variable "\w+" is not set here/);
  }
  assert.equal(specs.length, 1);
});

test("restart and kill say what they did", async () => {
  await using platform = await openTestPlatform();
  platform.running.push(statusOf({ name: "greeter" }));
  const clock = createManualClock();
  const restarted = await runLine(["restart", "greeter"], { platform, clock });
  assert.equal(restarted.stdout, "greeter is ready again (pid 4711, 0ms)\n");
  const killed = await runLine(["kill", "greeter"], { platform });
  assert.deepEqual(killed, { exitCode: 0, stdout: "greeter has ended\n", stderr: "" });
  assert.equal(platform.running.length, 0);
});

test("commands on a name that does not run fail and propose the list", async () => {
  for (const word of ["restart", "kill", "logs"]) {
    const { exitCode, stderr } = await runLine([word, "greeter"]);
    assert.equal(exitCode, 1, word);
    assert.match(stderr, /^(Restarting greeter \.\.\.\n)?reef: .+\ntry: reef list\n$/, word);
    const { error } = JSON.parse((await runLine([word, "greeter", "--json"])).stderr);
    assert.deepEqual([error.code, error.reason], ["not_found", "not_running"], word);
  }
});

test("what to type next is for the platform that the line has named", async () => {
  await using platform = await openTestPlatform();
  await platform.namespaces.create({ name: "test" });
  const place = ["--state", "/a b", "--namespace=test"];
  const after = "--state '/a b' --namespace test\n";
  const refused = await runLine(["kill", "nope", ...place], { platform });
  assert.ok(refused.stderr.endsWith(`\ntry: reef list ${after}`), refused.stderr);
  const ran = await runLine(["run", ".", "--command", "x", ...place], { platform });
  assert.ok(ran.stderr.endsWith(`\ntry: reef run --help ${after}`), ran.stderr);
  const none = await runLine(["list", ...place], { platform });
  assert.ok(none.stderr.endsWith(`\ntry: reef run ./your-service.ts ${after}`), none.stderr);
});

test("list shows each service in columns, with its starts, and why it is down below", async () => {
  await using platform = await openTestPlatform();
  platform.running.push(
    statusOf({ name: "trip", startedAt: new Date(0), restarts: 2 }),
    statusOf({ name: "漢字", source: "/opt/x.ts" }),
    statusOf({ name: "down", state: "backing-off", lastError: "exit code 1" }),
  );
  const clock = createManualClock({ wallMs: 3_605_000 });
  const { stdout, stderr, exitCode } = await runLine(["list"], { platform, clock });
  assert.equal(
    stdout,
    "NAME  STATE        PID   STARTS  UPTIME  SOURCE\n" +
      "trip  ready        4711  3       1h      ./greeter.ts\n" +
      "漢字  ready        4711  1       1h      /opt/x.ts\n" +
      "down  backing-off  4711  1       1h      ./greeter.ts\n",
  );
  assert.equal(stderr, "\ndown: exit code 1\ntry: reef logs down\n");
  assert.equal(exitCode, 0);
});

test("list shows the words of a command as they are", async () => {
  await using platform = await openTestPlatform();
  platform.running.push(statusOf({ name: "pricing", source: "python3 pricing.py" }));
  const { stdout } = await runLine(["list"], { platform });
  assert.match(stdout, /^pricing .* {2}python3 pricing\.py$/m);
});

test("list cuts lines to the width of a terminal", async () => {
  await using platform = await openTestPlatform();
  platform.running.push(statusOf({ source: `/opt/${"x".repeat(100)}.ts` }));
  const stdout = createTestTerminal({ isTty: true, columns: 60 });
  await runLine(["list"], { platform, stdout });
  assert.ok(
    stdout.text.split("\n").every((line) => line.length <= 60),
    stdout.text,
  );
});

test("an empty list tells what to do, on stderr", async () => {
  const { stdout, stderr } = await runLine(["list"]);
  assert.deepEqual(
    [stdout, stderr],
    ["", "Nothing runs here yet\ntry: reef run ./your-service.ts\n"],
  );
  assert.equal((await runLine(["list", "--json"])).stdout, '{"services":[]}\n');
});

function line(name: string, text: string, atMs: number): LogLine {
  return { name, text, at: new Date(atMs) };
}

test("logs of one service are as it printed them", async () => {
  await using platform = await openTestPlatform();
  platform.lines.push(
    line("trip", "\u001b[31mone\u001b[39m", 1),
    line("other", "x", 2),
    line("trip", "two", 3),
  );
  const { stdout } = await runLine(["logs", "trip"], { platform });
  assert.equal(stdout, "\u001b[31mone\u001b[39m\ntwo\n");
  assert.equal((await runLine(["logs", "trip", "--tail", "1"], { platform })).stdout, "two\n");
});

test("logs of several services are in order of time, behind aligned names", async () => {
  await using platform = await openTestPlatform();
  platform.lines.push(line("trip", "a", 1), line("dispatcher", "b", 2), line("trip", "c", 3));
  const expected = "trip       | a\ndispatcher | b\ntrip       | c\n";
  assert.equal((await runLine(["logs", "trip", "dispatcher"], { platform })).stdout, expected);
  const json = await runLine(["logs", "--json"], { platform });
  assert.deepEqual(JSON.parse(json.stdout.split("\n")[1] ?? ""), {
    name: "dispatcher",
    text: "b",
    at: "1970-01-01T00:00:00.002Z",
  });
});

test("logs --since counts from now", async () => {
  await using platform = await openTestPlatform();
  platform.lines.push(line("trip", "old", 1_000), line("trip", "new", 9_000));
  const clock = createManualClock({ wallMs: 10_000 });
  const { stdout } = await runLine(["logs", "trip", "--since", "2s"], { platform, clock });
  assert.equal(stdout, "new\n");
});

test("logs -f goes on until it is interrupted, and ends with 130", async () => {
  await using platform = await openTestPlatform();
  platform.lines.push(line("trip", "one", 1), line("other", "two", 2));
  const interrupt = new AbortController();
  const stdout = createTestTerminal();
  const follower = {
    ...stdout,
    async write(text: string) {
      await stdout.write(text);
      if (text.includes("two")) interrupt.abort(interruption("Ended by SIGINT", 130));
    },
  };
  const { signal } = interrupt;
  const args = ["logs", "trip", "other", "-f"];
  const outcome = await runLine(args, { platform, stdout: follower, signal });
  assert.deepEqual([outcome.exitCode, stdout.text], [130, "trip  | one\nother | two\n"]);
});

test("logs refuses bad numbers and times with their rule", async () => {
  const tail = await runLine(["logs", "--tail", "many"]);
  assert.match(tail.stderr, /Flag --tail must be a whole number from 0 to 10000, got "many"/);
  const since = await runLine(["logs", "--since=yesterday"]);
  assert.match(since.stderr, /Flag --since must be a duration such as .*, got "yesterday"/);
  assert.deepEqual([tail.exitCode, since.exitCode], [2, 2]);
});

test("mergeLogs() does not wait for a silent service while it follows", async () => {
  const silence = Promise.withResolvers<void>();
  async function* silent(): AsyncGenerator<LogLine, void> {
    await silence.promise;
    yield line("silent", "3", 3);
  }
  async function* loud(): AsyncGenerator<LogLine, void> {
    yield line("loud", "1", 1);
    yield line("loud", "2", 2);
    silence.resolve();
  }
  const texts: string[] = [];
  for await (const { text } of mergeLogs([silent(), loud()], { follow: true })) texts.push(text);
  assert.deepEqual(texts, ["1", "2", "3"]);
});

test("a command gives up after --timeout", async () => {
  await using platform = await openTestPlatform();
  platform.lines.push(line("trip", "one", 1));
  const clock = createManualClock();
  const stdout = createTestTerminal();
  const advancing = {
    ...stdout,
    async write(text: string) {
      await stdout.write(text);
      void clock.advance(2_000);
    },
  };
  const args = ["logs", "trip", "-f", "--timeout", "2s"];
  const outcome = await runLine(args, { platform, clock, stdout: advancing });
  assert.equal(outcome.exitCode, 1);
  assert.equal(outcome.stderr, 'reef: Cannot finish "reef logs" in time: the limit is 2s\n');
});
