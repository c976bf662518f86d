/**
 * PostgreSQL is away for ten seconds, stopped or killed, while clients use the store of a platform on it, straight and
 * through a service. Nobody is started again for it.
 */
import assert from "node:assert/strict";
import {
  missingForPostgres,
  openPostgresServer,
  type PostgresServer,
} from "../../src/backends/postgres/test-server.ts";
import type { Table } from "../../src/blocks/store/index.ts";
import { t } from "../../src/contract/builder.ts";
import { contract } from "../../src/contract/contract.ts";
import { method } from "../../src/contract/method.ts";
import { sleep } from "../../src/core/clock.ts";
import { createLogger } from "../../src/core/log.ts";
import { openPlatform } from "../../src/framework/platform.ts";
import { serve } from "../../src/framework/serve.ts";
import { service } from "../../src/rpc/service.ts";
import { openStateFolder, startPlatform } from "../test-command.ts";
import { openTables } from "./breakable-platform.ts";
import { CallWitness, witnessed } from "./call-witness.ts";
import { verdictFigures, verdictProblems } from "./outages.ts";
import type { Findings, Rig, RigOptions } from "./rig.ts";
import { StoreLoad } from "./store-load.ts";

export const postgresAway: Rig = {
  proves:
    "PostgreSQL is stopped, then killed, for 10 s each: calls fail as unavailable before their deadline, all heal in 3 s",
  takes: "25 s",
  rounds: 1,
  missing: missingForPostgres,
  run: runPostgresAway,
};

/** How long it is away. */
const awayMs = 10_000;

/** What a call has without a word of its caller. */
const deadlineMs = 5_000;

/** What everybody has to go on within. */
const healMsMax = 3_000;

/** Each has a table of its own to the witness; connections are fewer. */
const [callers, connections] = [32, 4];

/** Writing before the outage and behind it, so that there is something to lose. */
const workMs = 1_000;

export async function runPostgresAway(options: RigOptions): Promise<Findings> {
  const { rounds, seed, signal, tell } = options;
  await using server = await openPostgresServer();
  await using state = await openStateFolder();
  await using running = await startPlatform(state.path, ["--backend", server.url]);
  await using stack = new AsyncDisposableStack();
  const tables = await openTables(state.path, {
    stack,
    count: connections + 1,
    table: "faults",
  });
  const [first = assert.fail("there are tables"), ...ways] = tables;
  const witness = new CallWitness();
  const load = stack.use(new StoreLoad(first, signal));
  await load.start(
    Array.from({ length: callers }, (_, name) => {
      return witnessed(ways[name % connections] ?? first, witness, `caller ${name}`);
    }),
    { seed, signal, callers },
  );
  const besides = stack.use(await openBesides(state.path, first, witness));
  const healMs: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, outage] of Object.entries(outages)) {
      await sleep(workMs, { signal });
      await outage(server, signal);
      healMs.push(await witness.healing(deadlineMs));
      tell(`${name} ${round} of ${rounds}, healed in ${Math.round(healMs.at(-1) ?? 0)} ms`);
    }
  }
  await sleep(workMs, { signal });
  await load.stop();
  const verdict = await load.check();
  const { puts, batches, unknown } = load.counts;
  const { failures, slowestFailureMs } = witness;
  const slowestHealMs = Math.max(...healMs);
  const broken = verdictProblems(verdict);
  for (const [code, count] of failures) {
    if (code !== "unavailable") broken.push(`${count} calls failed with ${code}`);
  }
  if (failures.size === 0) broken.push("no call has failed, so nothing was away");
  if (slowestFailureMs >= deadlineMs) broken.push(`a call failed after ${slowestFailureMs} ms`);
  if (slowestHealMs > healMsMax) broken.push(`somebody has healed after ${slowestHealMs} ms`);
  broken.push(...besides.problems);
  assert.equal(running.child.exitCode, null, "the platform goes on");
  return {
    figures: [
      [rounds, "times stopped and killed"],
      [puts, "acknowledged puts"],
      [batches, "acknowledged batches"],
      [unknown, "unanswered"],
      [failures.get("unavailable") ?? 0, "times unavailable"],
      [slowestFailureMs / 1_000, "failed after # s at most"],
      [slowestHealMs / 1_000, "healed in # s at most"],
      ...verdictFigures(verdict),
    ],
    broken,
  };
}

const outages: {
  readonly [name: string]: (server: PostgresServer, signal: AbortSignal) => Promise<void>;
} = {
  async stopped(server, signal) {
    server.signal("SIGSTOP");
    await sleep(awayMs, { signal }).finally(() => server.signal("SIGCONT"));
  },
  async killed(server, signal) {
    await server.kill();
    await sleep(awayMs, { signal });
    await server.start();
  },
};

const Notes = contract(
  "notes",
  { add: method({ input: t.object({ text: t.string() }), output: t.object({}) }) },
  { version: "1.0.0" },
);

/** Between two calls of the service, which is one among many. */
const pauseMs = 20;

/** A watch that must never end, and a service that uses the store: they have to heal, too. */
async function openBesides(state: string, table: Table, witness: CallWitness) {
  await using stack = new AsyncDisposableStack();
  const problems: string[] = [];
  const over = new AbortController();
  const platform = stack.use(await openPlatform({ state }));
  const notes = service(Notes, ({ store }) => ({
    add: async ({ text }) => {
      await store.table("notes").put("last", text);
      return {};
    },
  }));
  const log = createLogger({ write: () => {} });
  stack.use(await serve(notes, { platform, stopOnSignals: false, log }));
  const client = platform.client(Notes);
  const calling = (async () => {
    for (let count = 0; !over.signal.aborted; count += 1) {
      await witness.see("service", () => client.add({ text: `${count}` })).catch(() => undefined);
      await sleep(pauseMs);
    }
  })();
  const watching = (async () => {
    try {
      for await (const _ of table.watch({ signal: over.signal })) witness.hear("watch");
    } catch (error) {
      problems.push(`the watch ended: ${String(error)}`);
    }
  })();
  const owned = stack.move();
  return {
    problems,
    async [Symbol.asyncDispose]() {
      over.abort();
      await Promise.all([calling, watching]);
      await owned.disposeAsync();
    },
  };
}
