/**
 * What does a small unary call of gRPC cost the server? h2load asks, which shares no code with either of them and is
 * cheaper than both, so the server is what is measured.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReefError } from "../src/core/errors.ts";
import { envelope } from "../src/rpc/grpc/grpc-frames.ts";
import { openServer, type ServerChild } from "./child.ts";
import { installPeers } from "./install-peers.ts";
import { peerModules } from "./peer-modules.ts";
import type { Answer, AskOptions, Question } from "./question.ts";
import { formatTables, verdictOf } from "./verdict.ts";
import { warmUp } from "./warm-up.ts";
import { helloBytes } from "./work.ts";

const contenders = {
  reef: { module: peerModules["grpc-reef"], path: "/greeter.v1.Greeter/Hello" },
  "bare node:http2": { module: peerModules["grpc-bare"], path: "/greeter.v1.Greeter/Hello" },
  "grpc-js": { module: peerModules["grpc-js"], path: "/bench.Greeter/Hello" },
} as const;

type Name = keyof typeof contenders;

const job = { method: "hello", bytes: helloBytes, variant: null } as const;

/** `{ name: "Ann", n: 7 }` in protobuf. */
const message = Uint8Array.from([0x0a, 3, 0x41, 0x6e, 0x6e, 0x10, 7]);

export const question: Question = {
  title: "a small unary call of gRPC, asked by h2load over one connection",
  peers: Object.keys(contenders),
  ask,
};

interface Measurement {
  readonly peer: Name;
  readonly concurrency: number;
  readonly callsPerSecond: number;
  readonly cpuUsPerCall: number;
}

async function ask(options: AskOptions): Promise<Answer> {
  const { peers, seconds, rounds, concurrency = [1, 100], progress } = options;
  if (spawnSync("h2load", ["--version"]).error) {
    throw new ReefError("failed_precondition", "Cannot measure gRPC: there is no h2load here");
  }
  await installPeers(progress);
  const folder = await mkdtemp(join(tmpdir(), "reef-bench-"));
  const body = join(folder, "hello");
  await writeFile(body, envelope(0, message));
  const rows: Measurement[] = [];
  try {
    for (const callers of concurrency) {
      const all = new Map<Name, Measurement[]>();
      for (let round = 1; round <= rounds; round += 1) {
        for (const peer of Object.keys(contenders) as Name[]) {
          if (!peers.includes(peer)) continue;
          progress(`${peer}, ${callers} at once, round ${round} of ${rounds}`);
          await using server = await openServer(contenders[peer].module, job);
          const run = async ({ seconds: forS }: { readonly seconds: number }) => {
            const asked = { body, callers, seconds: forS };
            const { callsPerSecond } = await load(peer, server, asked);
            return { calls: callsPerSecond * forS, elapsedMs: forS * 1_000 };
          };
          await warmUp([{ run }]);
          const measured = await load(peer, server, { body, callers, seconds });
          all.set(peer, [...(all.get(peer) ?? []), measured]);
        }
      }
      for (const measured of all.values()) rows.push(median(measured));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return { rows, report: formatTables(tableOf(rows), verdictsOf(rows)) };
}

async function load(
  peer: Name,
  server: ServerChild,
  { body, callers, seconds }: { body: string; callers: number; seconds: number },
): Promise<Measurement> {
  const url = `http://${server.address.replace("tcp://", "")}${contenders[peer].path}`;
  const headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"];
  const flags = ["-c", "1", "-m", String(callers), "-D", `${seconds * 1_000}ms`, "-d", body];
  const before = await server.cpuUs();
  const { stdout } = spawnSync("h2load", [...flags, ...headers, url], { encoding: "utf8" });
  const cpuUs = (await server.cpuUs()) - before;
  const [, done = "0", ok = "0", failed = "0"] =
    /requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed/.exec(stdout) ??
    [];
  if (Number(ok) === 0 || Number(failed) > callers) {
    throw new ReefError("aborted", `Cannot measure ${peer}: ${failed} of ${done} calls failed`);
  }
  return {
    peer,
    concurrency: callers,
    callsPerSecond: Number(ok) / seconds,
    cpuUsPerCall: cpuUs / Number(ok),
  };
}

function median(measured: readonly Measurement[]): Measurement {
  const sorted = measured.toSorted((a, b) => a.callsPerSecond - b.callsPerSecond);
  return sorted[Math.floor(sorted.length / 2)] as Measurement;
}

function tableOf(rows: readonly Measurement[]): string[][] {
  const lines = rows.map(({ peer, concurrency, callsPerSecond, cpuUsPerCall }) => [
    peer,
    String(concurrency),
    callsPerSecond.toFixed(0),
    cpuUsPerCall.toFixed(1),
  ]);
  return [["peer", "at once", "calls/s", "CPU us/call"], ...lines];
}

function verdictsOf(rows: readonly Measurement[]) {
  const reef = rows.find(({ peer, concurrency }) => peer === "reef" && concurrency > 1);
  const other = rows.find(({ peer, concurrency }) => peer === "grpc-js" && concurrency > 1);
  if (!reef || !other) return [];
  return [
    verdictOf({
      claim: `calls/s beside grpc-js, ${reef.concurrency} at once`,
      actual: reef.callsPerSecond / other.callsPerSecond,
      rule: "at least",
      // With everything on: validation, context, trace, limits. Half of what a machine of two cores has shown, on which
      // h2load itself is the limit. The bare server beside it is all that Node has to give.
      limit: 3,
      unit: "x",
    }),
  ];
}
