/**
 * How soon is the platform there, how much memory does it take, and what does it do while nobody asks anything? It is
 * started as its users start it: the command of the built package, in a folder without its sources.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ReefError } from "../src/core/errors.ts";
import { build } from "../tools/pack.ts";
import type { Answer, AskOptions, Question } from "./question.ts";
import { median } from "./statistics.ts";
import { formatTables, verdictOf } from "./verdict.ts";

/** How a platform is started and what it is compared with, a Node that does nothing. */
type Start = (folder: string) => readonly string[];

const starts: { readonly [peer: string]: Start } = {
  reef: (folder) => [
    join(folder, "bin", "reef.js"),
    "server",
    "--json",
    "--port=0",
    `--state=${join(folder, "state")}`,
  ],
  "empty-node": () => ["--eval", "console.log('ready'); setInterval(() => {}, 1e9)"],
};

export const question: Question = {
  title: "from the command to all blocks ready, then idle",
  peers: Object.keys(starts),
  ask,
};

interface Measurement {
  readonly readyMs: number;
  readonly rssMb: number;
  readonly idleCpuPercent: number;
}

/** Ticks of `/proc/PID/stat`; Linux has had 100 of them a second everywhere for decades. */
const ticksPerSecond = 100;

const stopMsMax = 10_000;

async function ask({ peers, seconds, rounds, progress }: AskOptions): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  try {
    progress("Building the package");
    await installInto(folder);
    const results = peers.map((peer) => ({ peer, rounds: [] as Measurement[] }));
    // The first start fills Node's cache of compiled files, and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (const { peer, rounds: measured } of results) {
        const measurement = await measure(starts[peer]!(folder), round === 0 ? 0 : seconds);
        if (round === 0) continue;
        measured.push(measurement);
        progress(`round ${round}/${rounds}  ${peer}  ${measurement.readyMs.toFixed(0)} ms`);
      }
    }
    return answerOf(results.map(({ peer, rounds }) => ({ peer, ...medians(rounds) })));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What npm would unpack of the package, and what it needs. */
async function installInto(folder: string): Promise<void> {
  const root = join(import.meta.dirname, "..");
  build(root);
  for (const part of ["bin", "dist"]) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  await copyFile(join(root, "package.json"), join(folder, "package.json"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
}

async function measure(args: readonly string[], idleSeconds: number): Promise<Measurement> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...args], { stdio: ["ignore", "pipe", process.stderr] });
  try {
    await firstOutput(child);
    const readyMs = performance.now() - startedAt;
    const rssMb = await readRssMb(child);
    const cpuBefore = await readCpuSeconds(child);
    await setTimeout(idleSeconds * 1_000);
    const cpuSeconds = (await readCpuSeconds(child)) - cpuBefore;
    return { readyMs, rssMb, idleCpuPercent: (cpuSeconds / idleSeconds) * 100 };
  } finally {
    await stop(child);
  }
}

async function firstOutput(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit").then(([code]) => {
    throw new ReefError("aborted", `Cannot measure the start: it ended with ${code}`);
  });
  await Promise.race([once(child.stdout!, "data"), ended]);
  // It ends later, when it is stopped.
  ended.catch(() => {});
}

async function readRssMb({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

/** User and system time. The name of the program, in brackets, may contain anything: what counts comes after it. */
async function readCpuSeconds({ pid }: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGINT");
  const killed = new AbortController();
  const late = setTimeout(stopMsMax, undefined, { signal: killed.signal }).then(
    () => child.kill("SIGKILL"),
    // It left in time.
    () => {},
  );
  await exited;
  killed.abort();
  await late;
}

function medians(rounds: readonly Measurement[]): Measurement {
  return {
    readyMs: median(rounds.map(({ readyMs }) => readyMs)),
    rssMb: median(rounds.map(({ rssMb }) => rssMb)),
    idleCpuPercent: median(rounds.map(({ idleCpuPercent }) => idleCpuPercent)),
  };
}

function answerOf(results: readonly (Measurement & { readonly peer: string })[]): Answer {
  const lines = results.map(({ peer, readyMs, rssMb, idleCpuPercent }) => {
    return [peer, readyMs.toFixed(0), rssMb.toFixed(1), idleCpuPercent.toFixed(2)];
  });
  const verdicts = results
    .filter(({ peer }) => peer === "reef")
    .flatMap(({ readyMs, rssMb, idleCpuPercent }) => [
      { claim: "all blocks ready", actual: readyMs, limit: 500, unit: "ms" },
      { claim: "memory when ready", actual: rssMb, limit: 120, unit: "MB" },
      { claim: "idle, of one core", actual: idleCpuPercent, limit: 1, unit: "%" },
    ])
    .map((claim) => verdictOf({ ...claim, rule: "under" }));
  return {
    rows: results.map(({ peer, readyMs, rssMb, idleCpuPercent }) => ({
      peer,
      variant: null,
      ready_ms: Math.round(readyMs),
      rss_mb: Number(rssMb.toFixed(1)),
      idle_cpu_percent: Number(idleCpuPercent.toFixed(2)),
    })),
    report: formatTables([["peer", "ready ms", "MB", "idle CPU %"], ...lines], verdicts),
  };
}
