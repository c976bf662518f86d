/**
 * The behaviour of a supervisor as tables: what children do, what is asked for, and every event, with its time, that
 * follows. The clock is moved by hand, so a minute of backoff costs nothing and the order is always the same.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sleep } from "../core/clock.ts";
import { createManualClock, type ManualClock } from "../testing/manual-clock.ts";
import { type ChildContext, type ChildSpec, doNotRestart, terminateSupervisor } from "./child.ts";
import type { SupervisorEvent } from "./events.ts";
import { openSupervisor, type Supervisor, type SupervisorOptions } from "./supervisor.ts";

export interface Row {
  readonly claim: string;
  readonly options?: Partial<SupervisorOptions>;
  /**
   * For each child what it does in its first run, its second, ...; the last is repeated. `stay` waits for the signal; a
   * `wait` before the signal ends with it, and one after it is how long the child takes to stop.
   */
  readonly children: { readonly [name: string]: Play | readonly string[] };
  readonly steps: readonly string[];
  /** `<time> <child> <event>`; a request that is refused is `<time> ! <request>: <code>`. */
  readonly events: readonly string[];
}

type Play = Partial<ChildSpec> & { readonly runs: readonly string[] };

export function testRows(rows: readonly Row[]): void {
  for (const row of rows) {
    test(`Supervisor: ${row.claim}`, async () => {
      assert.deepEqual(await perform(row), row.events);
    });
  }
}

async function perform(row: Row): Promise<readonly string[]> {
  const clock = createManualClock();
  const supervisor = openSupervisor({ name: "test", clock, random: () => 0, ...row.options });
  const seen: string[] = [];
  supervisor.events.on((event) => {
    if (event.kind !== "added") seen.push(`${Math.round(event.atMs)} ${textOf(event)}`);
  });
  const specs = Object.entries(row.children).map(([name, play]) => actor(name, play, clock));
  await supervisor.add(...specs);
  for (const step of row.steps) await take(step, supervisor, clock, seen);
  const counted = [...seen];
  void supervisor.close();
  await clock.advance(60_000);
  assert.equal(clock.pending, 0, "no timer is left behind");
  return counted;
}

async function take(step: string, supervisor: Supervisor, clock: ManualClock, seen: string[]) {
  const [verb = "", argument = ""] = step.split(" ");
  if (verb === "advance") return clock.advance(Number(argument));
  if (verb === "list") {
    for (const { name, status, starts, failures } of await supervisor.list()) {
      const at = Math.round(clock.monotonicMs());
      seen.push(`${at} = ${name} ${status}, starts ${starts}, failures ${failures.toFixed(1)}`);
    }
  }
  if (verb === "close") void supervisor.close();
  if (verb === "start" || verb === "stop" || verb === "restart" || verb === "remove") {
    supervisor[verb](argument).catch((error: { code: string }) => {
      seen.push(`${Math.round(clock.monotonicMs())} ! ${step}: ${error.code}`);
    });
  }
  await clock.advance(verb === "close" ? 20 : 0);
}

function actor(name: string, play: Play | readonly string[], clock: ManualClock): ChildSpec {
  const { runs, ...spec } = "runs" in play ? play : { runs: play };
  let starts = 0;
  return {
    name,
    ...spec,
    run(context) {
      const script = runs[Math.min(starts++, runs.length - 1)] ?? "";
      if (script === "throw") throw new Error("thrown");
      return act(script.split(", "), context, clock);
    },
  };
}

async function act(script: readonly string[], { signal, ready }: ChildContext, clock: ManualClock) {
  for (const line of script) {
    const [verb, argument] = line.split(" ");
    if (verb === "ready") ready();
    else if (verb === "wait" && signal.aborted) await sleep(Number(argument), { clock });
    else if (verb === "wait") {
      await sleep(Number(argument), { clock, signal }).catch(() => undefined);
      if (signal.aborted) return;
    } else if (verb === "stay") await told(signal);
    else if (verb === "ignore") await new Promise(() => undefined);
    else if (verb === "fail") throw new Error("failed");
    else if (verb === "drop") throw doNotRestart(new Error("bad configuration"));
    else if (verb === "terminate") {
      throw new Error("wrapped", { cause: terminateSupervisor(new Error("disk full")) });
    }
  }
}

function told(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function textOf(event: SupervisorEvent): string {
  switch (event.kind) {
    case "failed": {
      const next = event.delayMs === undefined ? "for good" : `+${Math.round(event.delayMs)}`;
      return `${event.child} failed ${event.failures.toFixed(1)} ${next}`;
    }
    case "backoff":
      return `${event.child} backoff +${Math.round(event.delayMs)}`;
    case "stopped":
      return `${event.child} stopped${event.failure ? ` (${event.failure.message})` : ""}`;
    case "stop-timeout":
      return `${event.child} stuck after ${Math.round(event.waitedMs)}`;
    case "escalated":
      return `escalated: ${event.failure.message}`;
    case "closed": {
      const names = event.report.unstopped.map(({ child }) => child);
      return names.length > 0 ? `closed without ${names.join(", ")}` : "closed";
    }
    default:
      return `${event.child} ${event.kind}`;
  }
}
