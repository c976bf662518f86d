/**
 * What do callers with a good token notice while somebody tries bad ones at both entrances? They call at a steady pace;
 * the attack has a process of its own and is two thousand tokens a second, most of which have to be verified.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HttpCaller } from "./http-caller.ts";
import type { Answer, AskOptions, Question } from "./question.ts";
import { Histogram, median } from "./statistics.ts";
import { formatTables, verdictOf } from "./verdict.ts";

export const question: Question = {
  title: "an entry of the store through the gateway, at 250 calls a second, calm and under attack",
  peers: ["reef"],
  ask,
};

interface Round {
  readonly calmMs: Percentiles;
  readonly attackedMs: Percentiles;
  readonly refusedPerS: number;
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

const callsPerS = 250;
const warmUpS = 2;

async function ask({ seconds, rounds, progress }: AskOptions): Promise<Answer> {
  const state = await mkdtemp(join(tmpdir(), "reef-"));
  const platform = await startPlatform(state);
  try {
    const token = await logIn(platform.gateway, state);
    const caller = new HttpCaller(platform.gateway, { authorization: `Bearer ${token}` });
    await callFor(caller, warmUpS);
    const measured: Round[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const calmMs = await callFor(caller, seconds);
      const attack = await startAttack(platform, token);
      const attackedMs = await callFor(caller, seconds);
      const refused = await attack.stop();
      measured.push({ calmMs, attackedMs, refusedPerS: refused / seconds });
      progress(
        `round ${round}/${rounds}  p99 ${calmMs.p99.toFixed(2)}, ${attackedMs.p99.toFixed(2)} ms`,
      );
    }
    return answerOf(measured);
  } finally {
    await stop(platform.child);
    await rm(state, { recursive: true });
  }
}

async function startPlatform(state: string) {
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

/** Calls begin when it is their time, however long others take. */
async function callFor(caller: HttpCaller, seconds: number): Promise<Percentiles> {
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

async function startAttack(urls: { gateway: string; proxy: string }, token: string) {
  const child = fork(
    new URL("token-attack.ts", import.meta.url),
    [urls.gateway, urls.proxy, token],
    {
      execArgv: [],
    },
  );
  await once(child, "message");
  return {
    async stop(): Promise<number> {
      child.send("stop");
      const [refused] = (await once(child, "message")) as [number];
      await stop(child);
      return refused;
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

function answerOf(rounds: readonly Round[]): Answer {
  const of = (value: (round: Round) => number) => median(rounds.map(value));
  const ratio = of(({ calmMs, attackedMs }) => attackedMs.p99 / calmMs.p99);
  const refusedPerS = of((round) => round.refusedPerS);
  const lines = (["calmMs", "attackedMs"] as const).map((when) => [
    when === "calmMs" ? "calm" : "under attack",
    of((round) => round[when].p50).toFixed(3),
    of((round) => round[when].p99).toFixed(3),
  ]);
  const verdicts = [
    verdictOf({
      claim: "p99 under attack",
      actual: ratio,
      rule: "under",
      limit: 2,
      unit: "x calm",
    }),
    verdictOf({
      claim: "refused",
      actual: refusedPerS,
      rule: "at least",
      limit: 1_900,
      unit: "/s",
    }),
  ];
  return {
    rows: [{ peer: "reef", variant: null, p99_ratio: ratio, refused_per_s: refusedPerS }],
    report: formatTables([["callers", "p50 ms", "p99 ms"], ...lines], verdicts),
  };
}
