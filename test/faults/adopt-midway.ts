/**
 * The platform is ended with -9 at any moment while services are run, restarted, updated and killed. Afterwards there
 * is one process for each service that is desired, none for any other, and each of them is called at its address.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Services } from "../../src/blocks/runtime/index.ts";
import { contract, method, t } from "../../src/index.ts";
import { openPlatform, type Platform } from "../../src/framework/platform.ts";
import { createRandom } from "../../src/testing/random.ts";
import { openStateFolder, root, startPlatform, type Underway } from "../test-command.ts";
import { type OurProcess, ourProcesses } from "./our-processes.ts";
import type { Findings, Rig, RigOptions } from "./rig.ts";

export const adoptMidway: Rig = {
  proves:
    "kill -9 of the platform in the middle of run, restart, update and kill: one process each, no orphan",
  takes: "3 min",
  rounds: 60,
  missing: () => undefined,
  run: runMidway,
};

const names = ["a", "b", "c", "d"];

/** All of an update, with the start of a program and the end of another, and a little more. */
const momentMsMax = 900;

/** Until everything is as it should be: a program that must be ended by force takes three seconds. */
const settledMs = 45_000;

const actions = ["run", "restart", "update", "update", "kill"] as const;

interface Round {
  readonly state: string;
  readonly program: string;
  readonly random: () => number;
  /** What is known of each name: desired, not desired, or unknown because nobody heard the answer. */
  readonly desired: Map<string, boolean | undefined>;
  platform: Underway;
  acknowledged: number;
}

async function runMidway({ rounds, seed, tell, signal }: RigOptions): Promise<Findings> {
  await using state = await openStateFolder();
  // Below the checkout, where its own modules are found as they are.
  const folder = await mkdtemp(join(root, "test", "reef-"));
  const program = join(folder, "probe.ts");
  await writeFile(program, programText);
  const it: Round = {
    state: state.path,
    program,
    random: createRandom(seed),
    desired: new Map(names.map((name) => [name, false])),
    platform: await startPlatform(state.path),
    acknowledged: 0,
  };
  const broken: string[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      signal.throwIfAborted();
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      broken.push(...(await killMidway(it)).map((text) => `round ${round}: ${text}`));
      if (round % 10 === 0) tell(`${round} kills, ${it.acknowledged} acknowledged`);
    }
    return {
      figures: [
        [rounds, "kills"],
        [it.acknowledged, "acknowledged before"],
        [rounds * names.length, "services looked at"],
      ],
      broken,
    };
  } finally {
    it.platform.child.kill("SIGTERM");
    await it.platform.finished;
    await rm(folder, { recursive: true });
    for (const { pid, name } of ourProcesses(state.path)) {
      broken.push(`${name} (${pid}) was still there when the platform had ended`);
      process.kill(-pid, "SIGKILL");
    }
  }
}

async function killMidway(it: Round): Promise<string[]> {
  const { random, state } = it;
  const killed = new Promise<void>((resolve) => {
    setTimeout(() => {
      it.platform.child.kill("SIGKILL");
      resolve();
    }, random() * momentMsMax);
  });
  // Two at a time, each with names of its own: what becomes of a name is then known by one of them.
  await Promise.all([killed, act(it, names.slice(0, 2)), act(it, names.slice(2))]);
  await it.platform.finished;
  it.platform = await startPlatform(state);
  return await lookUntilRight(it);
}

/** Does one thing after the other until the platform is gone. */
async function act(it: Round, own: readonly string[]): Promise<void> {
  const { random, desired } = it;
  const open = await openPlatform({ state: it.state }).catch(gone);
  if (!open) return;
  await using platform = open;
  for (;;) {
    const name = own[Math.floor(random() * own.length)] as string;
    const action = actions[Math.floor(random() * actions.length)] as (typeof actions)[number];
    const before = desired.get(name);
    if (action === "run" || action === "kill") desired.set(name, undefined);
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await doIt(platform.runtime, action, name, it.program);
      it.acknowledged += 1;
      if (action === "run") desired.set(name, true);
      if (action === "kill") desired.set(name, false);
    } catch (error) {
      const reason = error instanceof Error && "reason" in error ? error.reason : undefined;
      // Nothing was done.
      const isRefused = reason === "already_running" || reason === "not_running";
      if (!isRefused) return;
      if (desired.get(name) === undefined) desired.set(name, before);
    }
  }
}

async function doIt(
  runtime: Services,
  action: (typeof actions)[number],
  name: string,
  source: string,
): Promise<void> {
  if (action === "run") await runtime.run({ source, name, args: [name] });
  if (action === "restart") await runtime.restart(name);
  if (action === "update") await runtime.update(name);
  if (action === "kill") await runtime.kill(name);
}

/** What is wrong when the time for it to become right is over. */
async function lookUntilRight(it: Round): Promise<string[]> {
  const endsAt = performance.now() + settledMs;
  await using platform = await openPlatform({ state: it.state });
  for (;;) {
    const wrong = await whatIsWrong(it, platform);
    if (wrong.length === 0 || performance.now() > endsAt) return wrong;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function whatIsWrong({ state, desired }: Round, platform: Platform): Promise<string[]> {
  const { items } = await platform.runtime.list();
  const there = ourProcesses(state);
  const wrong: string[] = [];
  for (const name of names) {
    const status = items.find((each) => each.name === name);
    const known = desired.get(name);
    if (known !== undefined && known !== (status !== undefined)) {
      wrong.push(
        `${name} is ${status ? "listed" : "not listed"}, but was ${known ? "run" : "killed"}`,
      );
    }
    // What nobody heard of is from now on what it is.
    else desired.set(name, status !== undefined);
    const pids = pidsOf(there, name);
    const expected = status?.pid === undefined ? [] : [status.pid];
    if (pids.join() !== expected.join()) {
      wrong.push(`${name} has the processes ${pids.join()}, and ${expected.join()} is known`);
    }
    if (!status) continue;
    if (status.state !== "ready") wrong.push(`${name} is ${status.state}: ${status.lastError}`);
    else wrong.push(...(await answers(state, name)));
  }
  return wrong;
}

/** On a connection of its own, so that it is the address that answers. */
async function answers(state: string, name: string): Promise<string[]> {
  await using platform = await openPlatform({ state });
  await using client = platform.client(probeOf(name));
  try {
    await client.ping({}, { timeoutMs: 2_000 });
    return [];
  } catch (error) {
    return [`${name} does not answer: ${String(error)}`];
  }
}

function pidsOf(all: readonly OurProcess[], name: string): readonly number[] {
  return all.filter((each) => each.name === name).map(({ pid }) => pid);
}

function probeOf(name: string) {
  return contract(
    `probe-${name}`,
    { ping: method({ output: t.object({ pid: t.integer() }) }) },
    { version: "1.0.0" },
  );
}

/** Serves a contract with the name that it is given, so that each service can be called apart. */
const programText = `
import { contract, method, serve, service, t } from "${join(root, "src", "index.ts")}";
const ping = method({ output: t.object({ pid: t.integer() }) });
const Probe = contract("probe-" + process.argv[2], { ping }, { version: "1.0.0" });
await serve(service(Probe, { ping: () => ({ pid: process.pid }) }));
`;

/** It was ended before anybody could ask. */
function gone(): undefined {}
