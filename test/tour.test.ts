/** The taxi tour, as `npm start` starts it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { openPlatform } from "../src/framework/platform.ts";
import { missingServers } from "../tools/install-servers.ts";
import { limitHere } from "./busy-machine.ts";
import { openStateFolder, root, startPlatform } from "./test-command.ts";

/** From the end of the install to the first finished trip. */
const firstTripMs = 20_000;

const stopMs = 10_000;

/** The services of the script itself, so that the test cannot drift from it. */
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: { start: string };
};
const services = scripts.start.split(" ").filter((word) => word.startsWith("examples/"));

const names = ["dispatcher", "notification", "passenger", "pricing", "riders", "trip"];

const python = { command: "python3", aptPackage: "python3" };
const skip = missingServers([python], process.env["PATH"] ?? "").length > 0 && "without python3";

test(
  "npm start finishes a trip, and Ctrl-C ends it with nothing left behind",
  { skip },
  async () => {
    await using state = await openStateFolder();
    assert.equal(services.length, names.length);

    const startedAt = performance.now();
    await using tour = await startPlatform(state.path, services);
    // The fare is what Python says.
    await tour.printed(/trip \w+ finished.*cents=\d+/);
    const tripAfter = performance.now() - startedAt;
    assert(tripAfter < (await limitHere(firstTripMs)), `${tripAfter} ms`);

    const pids = await pidsOf(state.path);
    assert.equal(pids.length, names.length);
    assert.deepEqual(await servicesAt(tour.gateway), names);

    const askedAt = performance.now();
    tour.child.kill("SIGINT");
    const { code, stderr } = await tour.finished;
    assert.equal(code, 0, stderr);
    const stoppedAfter = performance.now() - askedAt;
    assert(stoppedAfter < (await limitHere(stopMs)), `${stoppedAfter} ms`);
    assert.match(stderr, /Stopped in/);
    assert.deepEqual(pids.filter(lives), []);
  },
);

test("npm start goes on without Python, and says so once", async () => {
  await using state = await openStateFolder();
  const env = { PATH: dirname(process.execPath) };
  await using tour = await startPlatform(state.path, services, env);
  await tour.printed(/trip \w+ finished/);
  const left = tour.output().match(/pricing is left out: .*/g);
  assert.equal(left?.length, 1);
  assert.match(left[0], /there is no such program, looked in .*; install it/);
  assert.match(tour.output(), /trip \w+ has no fare, the driver will know one/);
  assert.deepEqual(
    await servicesAt(tour.gateway),
    names.filter((name) => name !== "pricing"),
  );
});

async function servicesAt(gateway: string): Promise<string[]> {
  const response = await fetch(`${gateway}/services`);
  return ((await response.json()) as { name: string }[]).map(({ name }) => name);
}

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
