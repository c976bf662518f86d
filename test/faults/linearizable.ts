/**
 * The platform is killed while clients write and read the same few keys: what they saw could have been in some order.
 */
import assert from "node:assert/strict";
import type { Call } from "../../src/blocks/store/conformance/linearizability/calls.ts";
import { linearizable as hasOrder } from "../../src/blocks/store/conformance/linearizability/linearizable.ts";
import { recordCalls } from "../../src/blocks/store/conformance/linearizability/record-calls.ts";
import { createRandom } from "../../src/testing/random.ts";
import { openStateFolder } from "../test-command.ts";
import { BreakablePlatform, openTables } from "./breakable-platform.ts";
import type { Findings, Rig, RigOptions } from "./rig.ts";

const clients = 8;

/** Of each client in one history: long enough that there is a life before the kill and one behind it. */
const callsOfEach = 60;

export const linearizable: Rig = {
  proves: `what ${clients} clients see of few keys, through a kill -9 of the platform, or of its store alone, is linearizable`,
  takes: "20 s",
  rounds: 20,
  missing: () => undefined,
  run: (options) => runLinearizable(options),
};

/** `whileDown` is given the folder of the platform. */
export async function runLinearizable(
  { rounds, seed, signal, tell }: RigOptions,
  whileDown?: (state: string) => Promise<void>,
): Promise<Findings> {
  await using stack = new AsyncDisposableStack();
  const platforms = await Promise.all([openBreakable(stack, false), openBreakable(stack, true)]);
  let [calls, unknown] = [0, 0];
  const broken: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    signal.throwIfAborted();
    const platform = platforms[round % platforms.length] ?? assert.fail("there are two");
    const history = await recordThroughKill(platform, seed * 1_000 + round, whileDown);
    calls += history.length;
    unknown += history.filter(({ outcome }) => outcome === undefined).length;
    if (!hasOrder(history)) broken.push(`history ${round} of seed ${seed} has no order`);
    tell(`history ${round} of ${rounds}, ${calls} calls`);
  }
  return {
    figures: [
      [rounds, "histories with a kill each"],
      [clients, "clients"],
      [calls, "calls"],
      [unknown, "unanswered"],
      [broken.length, "not linearizable"],
    ],
    broken,
  };
}

async function openBreakable(
  stack: AsyncDisposableStack,
  storeAlone: boolean,
): Promise<BreakablePlatform> {
  const state = stack.use(await openStateFolder());
  const platform = stack.use(new BreakablePlatform(state.path, { storeAlone }));
  await platform.start();
  return platform;
}

/** Keys of its own, written before the kill and behind it. */
async function recordThroughKill(
  platform: BreakablePlatform,
  seed: number,
  whileDown?: (state: string) => Promise<void>,
): Promise<Call[]> {
  async function killAndStart(): Promise<void> {
    await platform.kill();
    await whileDown?.(platform.state);
    await platform.start();
  }

  await using stack = new AsyncDisposableStack();
  const tables = await openTables(platform.state, {
    stack,
    count: clients,
    table: `history-${seed}`,
  });
  const random = createRandom(seed);
  const killAt = Math.floor(clients * callsOfEach * (0.2 + 0.6 * random()));
  let back: Promise<void> | undefined;
  const history = await recordCalls(tables, {
    seed,
    clients,
    calls: callsOfEach,
    outages: true,
    onCall(ended) {
      if (ended >= killAt) back ??= killAndStart();
    },
  });
  await (back ?? assert.fail("there was no kill"));
  return history;
}
