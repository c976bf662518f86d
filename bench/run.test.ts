import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const script = fileURLToPath(new URL("run.ts", import.meta.url));

test("run --json prints one row for each load, with nothing else on standard output", async () => {
  const args = ["rpc", "--only", "bare-wire", "--seconds", "0.2", "--rounds", "1", "--json"];
  const { stdout, stderr } = await run(process.execPath, [script, ...args]);
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ concurrency }) => concurrency),
    [1, 32, 256],
  );
  for (const row of rows) {
    const { rps, p50_ms, p99_ms, cpu_us_per_call, concurrency, ...rest } = row;
    assert.deepEqual(rest, { peer: "bare-wire", variant: null, transport: "tcp", bytes: 27 });
    assert.ok(rps > 0 && cpu_us_per_call > 0 && concurrency > 0);
    assert.ok(p50_ms > 0 && p50_ms <= p99_ms);
  }
  assert.match(stderr, /round 1\/1 {2}bare-wire {2}c=256/);
});

test("run without --json prints a table", async () => {
  const args = ["payload", "--only", "bare-wire", "--seconds", "0.1", "--rounds", "1"];
  const { stdout } = await run(process.execPath, [script, ...args, "--concurrency", "4"]);
  assert.match(stdout, /^payload: /m);
  assert.match(stdout, /^bare-wire +1024 +4 /m);
  assert.match(stdout, /^bare-wire +102400 +4 /m);
});

test("run answers every question about calls of reef", async () => {
  const questions = ["rpc", "payload", "streams", "gateway", "in-process"];
  const args = ["--only", "reef", "--seconds", "0.05", "--rounds", "1", "--concurrency", "2"];
  const { stdout } = await run(process.execPath, [script, ...questions, ...args, "--json"]);
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const loads = rows.map(({ transport, bytes }) => `${transport} ${bytes}`);
  assert.deepEqual(loads, ["tcp 27", "tcp 1024", "tcp 102400", "tcp 66", "http 27", "direct 27"]);
  for (const { peer, variant, rps } of rows) {
    assert.deepEqual([peer, variant], ["reef", null]);
    assert.ok(rps > 0);
  }
});

test("run refuses an unknown question with exit code 2 and names the known ones", async () => {
  await assert.rejects(run(process.execPath, [script, "rcp"]), {
    code: 2,
    stdout: "",
    stderr: /Cannot measure "rcp": there is no such question; choose from rpc/,
  });
});

test("run refuses an unknown peer before it measures anything", async () => {
  await assert.rejects(run(process.execPath, [script, "rpc", "--only", "reeef"]), {
    code: 2,
    stdout: "",
    stderr: /Cannot measure "reeef": there is no such peer/,
  });
});

test("run --help prints to standard output", async () => {
  const { stdout } = await run(process.execPath, [script, "--help"]);
  assert.match(stdout, /^Usage: npm run bench/);
});

test("run codec shows what a message costs in protobuf and in JSON", async () => {
  const args = ["codec", "--seconds", "0.02", "--rounds", "1", "--json"];
  const { stdout } = await run(process.execPath, [script, ...args]);
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ message, codec }) => `${message} ${codec}`),
    ["small protobuf", "small json", "2 KB protobuf", "2 KB json"],
  );
  for (const { bytes, cpu_us } of rows) assert.ok(bytes > 0 && cpu_us > 0);
});

test("run type-check shows that a client costs the compiler the same whatever their number", async () => {
  const { stdout } = await run(process.execPath, [script, "type-check", "--json"]);
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ clients }) => clients),
    [1, 10, 100],
  );
  const [one, ten, hundred] = rows.map(({ instantiations }) => instantiations);
  const [early, late] = [(ten - one) / 9, (hundred - ten) / 90];
  assert.ok(Math.abs(late / early - 1) < 0.05, `${early} each, then ${late}`);
});
