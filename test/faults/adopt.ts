/** The platform is ended with -9 again and again while the tour runs, and its services do not notice. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Riders } from "../../examples/taxi/contracts.ts";
import type { ServiceStatus } from "../../src/blocks/runtime/index.ts";
import { openPlatform } from "../../src/framework/platform.ts";
import { createRandom } from "../../src/testing/random.ts";
import { openStateFolder, root, startPlatform, startReef, type Underway } from "../test-command.ts";
import { ourProcesses } from "./our-processes.ts";
import type { Findings, Rig, RigOptions } from "./rig.ts";

export const adopt: Rig = {
  proves:
    "kill -9 of the platform under the taxi tour: trips go on, every service is found again, none twice",
  takes: "3 min",
  rounds: 50,
  missing: () => undefined,
  run: (options) => runAdopt(options),
};

/** The platform is away for up to this, and until a trip has finished without it. */
const goneMsMax = 1_500;

/** A trip takes one second, or more on a machine that has other things to do. */
const tripMsMax = 30_000;

/** From the start of the command until every service is ready again. */
const backMs = 30_000;

/** Between two kills, by chance: in the middle of whatever a platform does after its start. */
const upMsMax = 600;

/** Of so many kills one is followed by another while the platform starts, within about the time that this takes. */
const [twiceOneIn, startMsMax] = [3, 400];

const tripsPerSecond = 10;

interface Tour {
  readonly state: string;
  readonly services: readonly string[];
  readonly random: () => number;
  readonly broken: string[];
  platform: Underway;
  tripsAlone: number;
  killedAtStart: number;
  slowestMs: number;
}

/** `whileDown` is given the services that are to be found again. */
export async function runAdopt(
  { rounds, seed, tell, signal }: RigOptions,
  whileDown?: (services: readonly ServiceStatus[]) => void,
): Promise<Findings> {
  await using state = await openStateFolder();
  const services = tourServices();
  const platform = await startPlatform(state.path, services);
  const random = createRandom(seed);
  const broken: string[] = [];
  const tour: Tour = {
    state: state.path,
    services,
    random,
    broken,
    platform,
    tripsAlone: 0,
    killedAtStart: 0,
    slowestMs: 0,
  };
  try {
    await platform.printed(/All are ready/);
    await hurry(state.path);
    // The first trips of a tour take their time.
    await platform.printed(/(trip \w+ finished[^]*){5}/);
    const first = await allReady(tour);
    for (let round = 1; round <= rounds; round += 1) {
      signal.throwIfAborted();
      await killed(tour);
      await stayAway(tour, round);
      whileDown?.(first);
      await startAndFind(tour, first, round);
      if (round % 10 === 0) tell(`${round} kills, ${tour.tripsAlone} trips without a platform`);
    }
    return { figures: figuresOf(tour, { rounds, services: first.length }), broken };
  } finally {
    tour.platform.child.kill("SIGTERM");
    await tour.platform.finished;
    const left = ourProcesses(state.path);
    for (const { pid, name } of left) {
      broken.push(`${name} (${pid}) was still there when the platform had ended`);
      process.kill(-pid, "SIGKILL");
    }
  }
}

function figuresOf(
  { tripsAlone, killedAtStart, slowestMs }: Tour,
  of: { readonly rounds: number; readonly services: number },
): Findings["figures"] {
  return [
    [of.rounds + killedAtStart, "kills"],
    [killedAtStart, "of them while it started"],
    [of.rounds * of.services, "times a service was found with its pid"],
    [tripsAlone, "trips without a platform"],
    [Math.round(slowestMs), "all ready again within # ms"],
  ];
}

/** The services of `npm start`, so that the rig cannot drift from the tour. */
function tourServices(): readonly string[] {
  const json: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { scripts } = json as { readonly scripts: { readonly start: string } };
  return scripts.start.split(" ").filter((word) => word.startsWith("examples/"));
}

async function hurry(state: string): Promise<void> {
  await using platform = await openPlatform({ state });
  await using riders = platform.client(Riders);
  await riders.pace({ perSecond: tripsPerSecond });
}

async function killed({ platform, random }: Tour): Promise<void> {
  await pause(random() * upMsMax);
  platform.child.kill("SIGKILL");
  await platform.finished;
}

async function stayAway(tour: Tour, round: number): Promise<void> {
  const { state, broken, random } = tour;
  const before = await finishedTrips(state);
  const endsAt = performance.now() + tripMsMax;
  await pause(random() * goneMsMax);
  let trips = (await finishedTrips(state)) - before;
  while (trips === 0 && performance.now() < endsAt) {
    await pause(20);
    trips = (await finishedTrips(state)) - before;
  }
  tour.tripsAlone += trips;
  if (trips === 0) broken.push(`round ${round}: no trip was finished without a platform`);
  if (random() * twiceOneIn >= 1) return;
  tour.platform = startReef(["server", "--state", state, "--port", "0"]);
  await pause(random() * startMsMax);
  tour.platform.child.kill("SIGKILL");
  await tour.platform.finished;
  tour.killedAtStart += 1;
}

async function startAndFind(
  tour: Tour,
  first: readonly ServiceStatus[],
  round: number,
): Promise<void> {
  const { state, broken, random } = tour;
  const startedAt = performance.now();
  // Half of the time as a person does who types the same again, half of the time without the services.
  tour.platform = await startPlatform(state, random() < 0.5 ? tour.services : []);
  const now = await allReady(tour);
  tour.slowestMs = Math.max(tour.slowestMs, performance.now() - startedAt);
  for (const { name, pid } of first) {
    const found = now.find((each) => each.name === name);
    if (found?.pid !== pid) {
      broken.push(`round ${round}: ${name} had the pid ${pid} and now has ${found?.pid}`);
    }
  }
  for (const { name, pid } of ourProcesses(state)) {
    if (!now.some((each) => each.pid === pid)) {
      broken.push(`round ${round}: ${name} (${pid}) runs and nobody knows of it`);
    }
  }
}

/** The services when all of them are ready, or what they were when the time for that was over. */
async function allReady({ state, broken }: Tour): Promise<readonly ServiceStatus[]> {
  await using platform = await openPlatform({ state });
  const endsAt = performance.now() + backMs;
  for (;;) {
    const { items } = await platform.runtime.list();
    const late = items.filter((each) => each.state !== "ready");
    if (items.length > 0 && late.length === 0) return items;
    if (performance.now() > endsAt) {
      for (const { name, state: is } of late) broken.push(`${name} is ${is} after ${backMs} ms`);
      return items;
    }
    await pause(20);
  }
}

async function finishedTrips(state: string): Promise<number> {
  const text = await readFile(join(state, "logs", "default", "trip.log"), "utf8");
  return text.match(/trip \w+ finished/g)?.length ?? 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
