/** The taxi tour, as `npm start` starts it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { openPlatform } from "../src/framework/platform.ts";
import { openStateFolder, root, startPlatform } from "./test-command.ts";

/** From the end of the install to the first finished trip. */
const firstTripMs = 20_000;

const stopMs = 10_000;

test("npm start finishes a trip, and Ctrl-C ends it with nothing left behind", async () => {
  await using state = await openStateFolder();
  // The services of the script itself, so that the test cannot drift from it.
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: { start: string };
  };
  const services = scripts.start.split(" ").filter((word) => word.startsWith("examples/"));
  assert.equal(services.length, 5);

  const startedAt = performance.now();
  await using tour = await startPlatform(state.path, services);
  await tour.printed(/trip \w+ finished/);
  assert(performance.now() - startedAt < firstTripMs);

  const pids = await pidsOf(state.path);
  assert.equal(pids.length, 5);
  const response = await fetch(`${tour.gateway}/services`);
  const names = ((await response.json()) as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(names, ["dispatcher", "notification", "passenger", "riders", "trip"]);

  const askedAt = performance.now();
  tour.child.kill("SIGINT");
  const { code, stderr } = await tour.finished;
  assert.equal(code, 0, stderr);
  assert(performance.now() - askedAt < stopMs);
  assert.match(stderr, /Stopped in/);
  assert.deepEqual(pids.filter(lives), []);
});

async function pidsOf(state: string): Promise<number[]> {
  await using platform = await openPlatform({ state });
  const { items: programs } = await platform.runtime.list();
  return programs.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
