/** The process itself: its signals, its exit codes, and readers that leave. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { text } from "node:stream/consumers";
import { createLogger } from "../core/log.ts";
import { startServer } from "../server/start-server.ts";

const main = join(import.meta.dirname, "main.ts");
const countdown = join(import.meta.dirname, "../../examples/streams/countdown.ts");

function start(state: string, ...args: string[]) {
  const env = { ...process.env, REEF_STATE: state, NO_COLOR: "1" };
  const child = spawn(process.execPath, [main, ...args], { env, stdio: "pipe" });
  const ended = once(child, "exit").then(([code]) => Number(code));
  return { child, ended, stderr: text(child.stderr) };
}

async function tempFolder() {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test("reef version prints and ends with 0", async () => {
  await using state = await tempFolder();
  const { child, ended } = start(state.path, "version");
  assert.match(await text(child.stdout), /^reef \d+\.\d+\.\d+\S*\nnode \d/);
  assert.equal(await ended, 0);
});

test("reef says where it looked when there is no platform, with 1, and 2 for a slip", async () => {
  await using state = await tempFolder();
  const list = start(state.path, "list");
  assert.equal(await list.ended, 1);
  assert.match(
    await list.stderr,
    /^reef: Cannot reach the platform.*control\.sock.*\ntry: reef server\n$/,
  );
  const slip = start(state.path, "lst");
  assert.equal(await slip.ended, 2);
});

test("a stream of answers ends with 0 when its reader leaves, with 130 on Ctrl-C", async () => {
  await using state = await tempFolder();
  const log = createLogger({ write: () => {} });
  await using server = await startServer({ state: state.path, port: 0, log });
  assert.ok(server.gateway);
  const run = start(state.path, "run", countdown);
  assert.equal(await run.ended, 0, await run.stderr);
  const launch = ["countdown", "launch", "--from=100000", "--beatMs=1"];

  const read = start(state.path, ...launch);
  await once(read.child.stdout, "data");
  read.child.stdout.destroy();
  assert.deepEqual([await read.ended, await read.stderr], [0, ""]);

  const interrupted = start(state.path, ...launch);
  await once(interrupted.child.stdout, "data");
  interrupted.child.kill("SIGINT");
  interrupted.child.stdout.resume();
  assert.deepEqual([await interrupted.ended, await interrupted.stderr], [130, ""]);
});

test("reef server ends with 0 when it is asked to stop", async () => {
  await using state = await tempFolder();
  const { child, ended, stderr } = start(state.path, "server", "--port", "0");
  const [first] = await once(child.stdout, "data");
  assert.match(String(first), /^reef is ready\nopen {2}http:\/\/127\.0\.0\.1:\d+\n/);
  child.kill("SIGTERM");
  assert.equal(await ended, 0);
  assert.match(
    await stderr,
    /Stopping; Ctrl-C again ends everything at once\n(.*\n)*Stopped in \d/,
  );
});
