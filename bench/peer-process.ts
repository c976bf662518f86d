/**
 * One side of a peer in a process of its own: `node peer-process.ts server|client <module> <job> [address]`.
 * It says when it is ready and then answers one message after another; it ends when its parent has gone.
 */
import assert from "node:assert/strict";
import { type Load, type LoadResult, runClosedLoop } from "./closed-loop.ts";
import type { Job, PeerClient, PeerModule, PeerServer } from "./work.ts";

/** What the parent hears first. */
export interface Ready {
  /** Where the client finds the server; empty from a client. */
  readonly address: string;
}

/** A client answers a `Load` with its result; a server answers anything with the CPU time that it has used. */
export interface ServerUsage {
  readonly cpuUs: number;
}

/** What the parent hears instead of an answer. */
export interface Failure {
  readonly failure: string;
}

if (import.meta.main) await main(process.argv.slice(2));

async function main([side, modulePath, jobText, address = ""]: string[]): Promise<void> {
  assert.ok(side && modulePath && jobText, "The side, the module and the job come from the parent");
  const job = JSON.parse(jobText) as Job;
  // The modules of peers are chosen by path; `work.ts` states what each of them exports.
  const module = (await import(modulePath)) as PeerModule;
  if (side === "server") {
    assert.ok(module.serve, "Only peers with a server are served");
    const server = await module.serve(job);
    endWith(server);
    answerWith(usedSoFar);
    send({ address: server.address } satisfies Ready);
  } else {
    const client = await module.open(address, job);
    endWith({});
    answerWith((load) => underLoad(client, load as Load));
    send({ address: "" } satisfies Ready);
  }
}

/** However its parent ends, what a server has started ends, too. */
function endWith(server: Partial<PeerServer>): void {
  async function end(): Promise<void> {
    await server[Symbol.asyncDispose]?.();
    process.exit(0);
  }
  process.once("SIGTERM", () => void end());
  process.once("disconnect", () => void end());
}

function answerWith(answer: (message: unknown) => object | Promise<object>): void {
  process.on("message", async (message) => {
    try {
      send(await answer(message));
    } catch (error) {
      const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      send({ failure } satisfies Failure);
    }
  });
}

function usedSoFar(): ServerUsage {
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system };
}

function underLoad(client: PeerClient, load: Load): Promise<LoadResult> {
  return runClosedLoop(client, load);
}

function send(message: object): void {
  assert.ok(process.send, "Started by fork()");
  process.send(message);
}
