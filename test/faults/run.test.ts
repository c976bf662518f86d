/** The command, as a person types it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openStateFolder } from "../test-command.ts";
import { rigs } from "./rigs.ts";

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const program = join(import.meta.dirname, "run.ts");
  return spawn(process.execPath, [program, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
}

async function finish(child: ChildProcess) {
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
  const [code] = await once(child, "close");
  return { code: code as number | null, stdout: await stdout, stderr: await stderr };
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
}

test("npm run faults without a name lists every rig", async () => {
  const { code, stdout } = await finish(start([]));
  assert.equal(code, 0);
  for (const [name, { proves }] of Object.entries(rigs)) {
    assert.match(stdout, new RegExp(`^ {2}${name} +`, "m"));
    assert(stdout.includes(proves));
  }
});

test("npm run faults refuses a name that is none with 2", async () => {
  const { code, stdout, stderr } = await finish(start(["kil"]));
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /did you mean "kill"/);
});

test("npm run faults ends with one line of figures, or with one object", async () => {
  const [line, object] = await Promise.all([
    finish(start(["kill", "--rounds", "1"])),
    finish(start(["kill", "--rounds", "1", "--json"])),
  ]);
  assert.equal(line.code, 0, line.stderr);
  assert.match(
    line.stdout,
    /^kill: \d+ kills, \d+ of them while it started, [\d,]+ acknowledged puts, .*, 0 lost, .*\n$/,
  );
  const told = JSON.parse(object.stdout) as { readonly rig: string; readonly held: boolean };
  assert.deepEqual([told.rig, told.held], ["kill", true]);
});

test("Ctrl-C ends a rig with 130, and nothing of it is left", async () => {
  await using folder = await openStateFolder();
  const child = start(["kill", "--rounds", "1000"], { TMPDIR: folder.path });
  const finished = finish(child);
  await once(child.stderr ?? assert.fail(), "data");
  child.kill("SIGINT");
  const { code, stderr } = await finished;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /Interrupted/);
  const left = await readdir(folder.path);
  assert.deepEqual(
    left.filter((name) => name.startsWith("reef-")),
    [],
  );
});
