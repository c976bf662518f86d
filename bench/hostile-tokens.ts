/**
 * What do callers with a good token notice while somebody tries bad ones at both entrances? They call at a steady pace;
 * what comes beside them has a process of its own: nothing, wrong tokens, and as many good ones for comparison, on
 * connections that are kept and on others.
 *
 * What is promised is what wrong tokens cost beyond being traffic: callers wait less than twice as long as beside as
 * many good requests on as many connections. As a wrong one is told late or not at all, whoever does not want to wait
 * opens a connection for each, so both are held against good ones that are alone on theirs. How long callers wait
 * beside nothing is shown, and nothing is promised about it: on a small machine all three programs share its cores, and
 * any traffic costs several times that.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HttpCaller } from "./http-caller.ts";
import type { Answer, AskOptions, Question } from "./question.ts";
import { Histogram, median } from "./statistics.ts";
import type { LoadJob, LoadKind, LoadReport } from "./token-load.ts";
import { formatTables, spreadOf, verdictOf } from "./verdict.ts";

export const question: Question = {
  title:
    "an entry of the store through the gateway, 250 calls a second, beside 2,000 others a second",
  peers: ["reef"],
  ask,
};

type Beside = LoadKind | "nothing";

interface Seen {
  readonly p50: number;
  readonly p99: number;
  /** Of the platform, for each second. */
  readonly serverMs: number;
  readonly load: LoadReport;
}

type Round = { readonly [beside in Beside]: Seen };

interface Platform {
  readonly child: ChildProcess;
  readonly gateway: string;
  readonly proxy: string;
}

const besides: readonly Beside[] = ["nothing", "good", "wrong", "good, unkept", "wrong, unkept"];
/** Each with what it is held against: as many good requests that come in the same way. */
const claimed = [
  ["wrong", "good, unkept"],
  ["wrong, unkept", "good, unkept"],
] as const;
const callsPerS = 250;
const othersPerS = 2_000;
const warmUpS = 2;

async function ask({ seconds, rounds, progress }: AskOptions): Promise<Answer> {
  const state = await mkdtemp(join(tmpdir(), "reef-"));
  const platform = await startPlatform(state);
  try {
    const token = await logIn(platform.gateway, state);
    const caller = new HttpCaller(platform.gateway, { authorization: `Bearer ${token}` });
    const run = (beside: Beside, forS: number) =>
      besideLoad({ platform, caller, token, beside, forS });
    // Code that runs for the first time is another question.
    for (const beside of besides) await run(beside, warmUpS);
    const measured: Round[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const seen: { [beside: string]: Seen } = {};
      for (const beside of besides) seen[beside] = await run(beside, seconds);
      // One for each of them.
      measured.push(seen as Round);
      const p99s = besides.map((beside) => `${beside} ${seen[beside]?.p99.toFixed(2)}`);
      progress(`round ${round}/${rounds}  p99 ms beside ${p99s.join(", ")}`);
    }
    return answerOf(measured, seconds);
  } finally {
    await stop(platform.child);
    await rm(state, { recursive: true });
  }
}

async function startPlatform(state: string): Promise<Platform> {
  const bin = join(import.meta.dirname, "..", "bin", "reef.js");
  const args = [bin, "server", "--json", "--port=0", "--proxy-port=0", `--state=${state}`];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  for await (const chunk of child.stdout) {
    said += String(chunk);
    const urls = [...said.matchAll(/"(gateway|proxy)":\s*"([^"]+)"/g)];
    const found = Object.fromEntries(urls.map(([, name, url]) => [name, url]));
    if (found["gateway"] && found["proxy"]) {
      child.stdout.resume();
      return { child, gateway: found["gateway"], proxy: found["proxy"] };
    }
  }
  throw new Error(`Cannot measure: the platform has not started; it says ${said}`);
}

async function logIn(gateway: string, state: string): Promise<string> {
  const secret = (await readFile(join(state, "owner.secret"), "utf8")).trim();
  const body = JSON.stringify({ id: "user:owner", secret });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${gateway}/auth/login`, { method: "POST", headers, body });
  // Its contract says so.
  return ((await response.json()) as { accessToken: string }).accessToken;
}

interface Run {
  readonly platform: Platform;
  readonly caller: HttpCaller;
  readonly token: string;
  readonly beside: Beside;
  readonly forS: number;
}

async function besideLoad({ platform, caller, token, beside, forS }: Run): Promise<Seen> {
  const { gateway, proxy, child } = platform;
  const load =
    beside === "nothing"
      ? undefined
      : await startLoad({ kind: beside, gateway, proxy, token, perSecond: othersPerS });
  const cpuBefore = cpuMsOf(child);
  const times = await callFor(caller, forS);
  const serverMs = (cpuMsOf(child) - cpuBefore) / forS;
  const report = await load?.stop();
  return { ...times, serverMs, load: report ?? { sent: 0, answers: {}, cpuMs: 0 } };
}

/** Calls begin when it is their time, however long others take. */
async function callFor(caller: HttpCaller, seconds: number) {
  const histogram = new Histogram();
  const calls: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let call = 0; call < callsPerS * seconds; call += 1) {
    const dueAt = startedAt + (call * 1_000) / callsPerS;
    const waitMs = dueAt - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const begunAt = performance.now();
    const answered = () => histogram.add(performance.now() - begunAt);
    calls.push(caller.post("/store/get", { table: "t", key: "aGk=" }).then(answered));
  }
  await Promise.all(calls);
  return { p50: histogram.percentile(50), p99: histogram.percentile(99) };
}

/** Fields 14 and 15 of proc(5), in ticks of 10 ms; NaN where there is no such file. */
function cpuMsOf({ pid }: ChildProcess): number {
  if (process.platform !== "linux") return NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function startLoad(job: LoadJob) {
  const file = new URL("token-load.ts", import.meta.url);
  const child = fork(file, [JSON.stringify(job)], { execArgv: [] });
  await once(child, "message");
  return {
    async stop(): Promise<LoadReport> {
      const said = once(child, "message");
      child.send("stop");
      const [report] = (await said) as [LoadReport];
      await stop(child);
      return report;
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

function answerOf(rounds: readonly Round[], seconds: number): Answer {
  const of = (value: (round: Round) => number) => median(rounds.map(value));
  const lines = besides.map((beside) => [
    beside,
    of((round) => round[beside].p50).toFixed(2),
    of((round) => round[beside].p99).toFixed(2),
    of((round) => round[beside].p99 / round.nothing.p99).toFixed(2),
    of((round) => round[beside].serverMs).toFixed(0),
    of((round) => round[beside].load.cpuMs / seconds).toFixed(0),
    statusesOf(rounds.map((round) => round[beside].load)),
  ]);
  const claims = claimed.map(([attack, other]) => {
    const ratios = rounds.map((round) => round[attack].p99 / round[other].p99);
    return {
      claim: `p99 beside "${attack}" against "${other}"`,
      actual: median(ratios),
      ...spreadOf(ratios),
      rule: "under" as const,
      limit: 2,
      unit: "x",
    };
  });
  const head = ["beside", "p50 ms", "p99 ms", "x nothing", "server ms/s", "others ms/s"];
  return {
    rows: besides.map((beside) => ({
      peer: "reef",
      variant: beside,
      p99_ms: of((round) => round[beside].p99),
      server_ms_per_s: of((round) => round[beside].serverMs),
    })),
    report: formatTables([[...head, "answers"], ...lines], claims.map(verdictOf)),
  };
}

/** How often others got which answer, in all rounds. */
function statusesOf(loads: readonly LoadReport[]): string {
  const sums = new Map<string, number>();
  for (const { answers } of loads) {
    for (const [status, count] of Object.entries(answers)) {
      sums.set(status, (sums.get(status) ?? 0) + count);
    }
  }
  return [...sums].map(([status, count]) => `${status}: ${count}`).join(", ");
}
