/** Processes are killed under load, and nobody but the calls in flight on them notices. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Dispatcher, Notification, Passenger } from "../examples/taxi/contracts.ts";
import type { ServiceStatus } from "../src/blocks/runtime/index.ts";
import { ReefError } from "../src/core/errors.ts";
import { openPlatform, type Platform } from "../src/framework/platform.ts";
import { openStateFolder, startNode, startPlatform } from "./test-command.ts";

const kills = 20;

const callsPerSecond = 500;

/**
 * Half of the killed processes are back, and take calls, within this besides the time that a process takes which loads
 * the same program and does nothing: that is the machine's, and of what else it does, and is measured beside the kills.
 */
const backMs = 1_000;

/** The slowest: a moment in which others had the processor, and the pause of a service that has failed before. */
const backMsMax = 2_500;

/** On a busy machine: a restart is work of several processes, and takes about three times as long as loading one. */
const [loadsMax, loadsMaxSlowest] = [5, 6];

/** Once for so many kills. */
const killsPerLoad = 2;

const victims = ["passenger", "notification", "dispatcher"];

test(`${kills} kills at ${callsPerSecond} calls a second: half are back within ${backMs} ms beside loading them, no idempotent call fails`, async (t) => {
  await using state = await openStateFolder();
  const services = victims.map((name) => `examples/taxi/${name}.ts`);
  await using server = await startPlatform(state.path, services);
  await server.printed(/All are ready/);
  await using platform = await openPlatform({ state: state.path });
  const load = startLoad(platform);
  const backAfterMs: number[] = [];
  const loadedAfterMs: number[] = [];
  for (let n = 0; n < kills; n += 1) {
    if (n % killsPerLoad === 0) loadedAfterMs.push(await timeToLoad(services[0] ?? assert.fail()));
    const { items: before } = await platform.runtime.list();
    const victim = before[n % before.length] as ServiceStatus;
    const killedAt = performance.now();
    process.kill(victim.pid as number, "SIGKILL");
    const after = await replaced(platform, victim);
    backAfterMs.push(performance.now() - killedAt);
    for (const other of before.filter(({ name }) => name !== victim.name)) {
      assert.equal(
        after.find(({ name }) => name === other.name)?.pid,
        other.pid,
        `${other.name} was untouched`,
      );
    }
  }
  const { calls, idempotentErrors, otherErrors } = await load.stop();
  const [middle, loading] = [middleOf(backAfterMs), middleOf(loadedAfterMs)];
  const slowest = Math.max(...backAfterMs);
  const times =
    `back in ${Math.round(middle)} ms, ${Math.round(slowest)} at most; ` +
    `loading takes ${Math.round(loading)}, ${Math.round(Math.max(...loadedAfterMs))} at most`;
  t.diagnostic(`${calls} calls, ${otherErrors.length} failed in flight, ${times}`);
  const loadingMax = Math.max(...loadedAfterMs);
  assert(middle < Math.max(backMs + loading, loadsMax * loading), times);
  assert(slowest < Math.max(backMsMax + loadingMax, loadsMaxSlowest * loadingMax), times);
  assert.deepEqual(idempotentErrors, []);
  for (const error of otherErrors) {
    assert.equal(error.code, "unavailable", error.message);
    assert.equal(error.maybeExecuted, true);
  }
});

/** How long a process takes that loads the program and ends. */
async function timeToLoad(program: string): Promise<number> {
  const startedAt = performance.now();
  const args = ["--input-type=module", "--eval", `await import("./${program}")`];
  const { code, stderr } = await startNode(args).finished;
  assert.equal(code, 0, stderr);
  return performance.now() - startedAt;
}

function middleOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? assert.fail();
}

/** Waits until the registry shows a ready node with another process under the victim's name. */
async function replaced(
  platform: Platform,
  victim: ServiceStatus,
): Promise<readonly ServiceStatus[]> {
  const service = victim.name;
  for await (const event of platform.registry.watch({ namespace: "default", service })) {
    if (event.kind !== "node" || event.node.state !== "ready") continue;
    if (event.node.metadata["pid"] !== String(victim.pid)) break;
  }
  return (await platform.runtime.list()).items;
}

/** Calls of both kinds at a steady rate, whatever becomes of them. */
function startLoad(platform: Platform) {
  const passenger = platform.client(Passenger);
  const notification = platform.client(Notification);
  const dispatcher = platform.client(Dispatcher);
  const idempotentErrors: ReefError[] = [];
  const otherErrors: ReefError[] = [];
  const underway = new Set<Promise<void>>();
  let calls = 0;

  function send(make: () => Promise<unknown>, errors: ReefError[]): void {
    calls += 1;
    const going = make().then(
      () => void underway.delete(going),
      (error: unknown) => {
        underway.delete(going);
        errors.push(ReefError.from(error));
      },
    );
    underway.add(going);
  }
  const batch = 5;
  const timer = setInterval(
    () => {
      send(() => passenger.get({ id: "ann" }), idempotentErrors);
      send(() => notification.recent({}), idempotentErrors);
      send(() => dispatcher.release({ driver: "Nobody" }), idempotentErrors);
      send(() => dispatcher.assign({ trip: "1", at: "Harbour" }).catch(ifBusy), otherErrors);
      send(() => notification.send({ to: "ann", text: "Hello" }), otherErrors);
    },
    (1_000 * batch) / callsPerSecond,
  );

  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(underway);
      return { calls, idempotentErrors, otherErrors };
    },
  };
}

/** All drivers being busy is an answer. */
function ifBusy(error: ReefError): void {
  if (error.reason !== "no_driver") throw error;
}
