/** A process of a benchmark, seen from the one that started it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ReefError } from "../src/core/errors.ts";
import type { LoadResult, Load } from "./closed-loop.ts";
import type { Failure, Ready, ServerUsage } from "./peer-process.ts";
import type { Job } from "./work.ts";

/** Long enough for a peer to load, to discover its server, and to write a million entries while the machine is busy. */
const startMsMax = 120_000;

/** How long an answer may take beyond the load that it is about: a load ends with its slowest call. */
const answerMsMax = 30_000;

/** How long a peer may take to clear up. */
const stopMsMax = 5_000;

export interface ServerChild extends AsyncDisposable {
  readonly address: string;
  /** CPU time that the server has used since it started. */
  cpuUs(): Promise<number>;
}

export interface ClientChild extends AsyncDisposable {
  run(load: Load): Promise<LoadResult>;
}

/** Starts the server that the file `module` exports and waits until it can be called. */
export async function openServer(module: URL, job: Job): Promise<ServerChild> {
  const { child, address } = await startChild("server", module, jobOf(job));
  return {
    address,
    // The answers are what `peer-process.ts`, our own file, sends.
    cpuUs: async () => ((await ask(child, {}, answerMsMax)) as ServerUsage).cpuUs,
    [Symbol.asyncDispose]: () => stop(child),
  };
}

/** Starts a client of the server at `address` and waits until it is connected. */
export async function openClient(module: URL, address: string, job: Job): Promise<ClientChild> {
  const { child } = await startChild("client", module, jobOf(job), address);
  return {
    run: async (load) => (await ask(child, load, load.seconds * 1_000 + answerMsMax)) as LoadResult,
    [Symbol.asyncDispose]: () => stop(child),
  };
}

/** Without what a contender has besides. */
function jobOf({ method, bytes, variant, keys }: Job): Job {
  return { method, bytes, variant, ...(keys !== undefined && { keys }) };
}

async function startChild(
  side: "server" | "client",
  module: URL,
  job: Job,
  address = "",
): Promise<Ready & { readonly child: ChildProcess }> {
  // Standard output is for results only, so a talkative peer talks on standard error.
  const stdio = ["ignore", process.stderr, process.stderr, "ipc"] as const;
  // Its flags are its own: those of a test runner around it would make it run tests.
  const options = { stdio: [...stdio], execArgv: [] };
  const args = [side, fileURLToPath(module), JSON.stringify(job), address];
  const child = fork(new URL("peer-process.ts", import.meta.url), args, options);
  try {
    const { address } = (await answer(child, startMsMax)) as Ready;
    return { child, address };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

function ask(child: ChildProcess, message: object, answerMs: number): Promise<object> {
  child.send(message);
  return answer(child, answerMs);
}

/** The next message of a child; a child that fails, ends or stays silent is an error. */
async function answer(child: ChildProcess, answerMs: number): Promise<object> {
  const what = child.spawnargs.slice(2).join(" ");
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, AbortSignal.timeout(Math.ceil(answerMs))]);
  try {
    const [message] = (await Promise.race([
      once(child, "message", { signal }),
      once(child, "exit", { signal }).then(([code, by]) => {
        throw new ReefError("aborted", `Cannot measure "${what}": it ended with ${code ?? by}`);
      }),
    ])) as [object | Failure];
    if (!("failure" in message)) return message;
    throw new ReefError("aborted", `Cannot measure "${what}": ${message.failure}`);
  } catch (error) {
    if (error instanceof ReefError) throw error;
    const text = `Cannot measure "${what}": no answer within ${answerMs} ms`;
    throw new ReefError("deadline_exceeded", text, { cause: error });
  } finally {
    done.abort();
  }
}

/** Asked first, because a server may have a process and a folder of its own. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopMsMax);
  await exited;
  clearTimeout(timer);
}
