/**
 * For the tests of this folder: a platform in memory, a terminal that remembers, and one call that runs a command line.
 */
import assert from "node:assert/strict";
import { createMemoryRegistry } from "../blocks/registry/drivers/memory.ts";
import type {
  LogLine,
  LogScope,
  Page,
  RunSpec,
  ServiceChanges,
  Services,
  ServiceStatus,
} from "../blocks/runtime/index.ts";
import { runtimeErrors } from "../blocks/runtime/contract.ts";
import { recordHoldings } from "../blocks/namespaces/conformance/fixture.ts";
import { openStoreNamespaces } from "../blocks/namespaces/drivers/store.ts";
import { createStoreAuth } from "../blocks/auth/drivers/store.ts";
import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import type { Contract } from "../contract/contract.ts";
import { systemClock } from "../core/clock.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { anonymous } from "../core/identity.ts";
import { createLogger } from "../core/log.ts";
import { createClient } from "../rpc/client.ts";
import { NamespaceCache } from "../rpc/namespace-cache.ts";
import { openRpcServer } from "../rpc/server.ts";
import type { Service } from "../rpc/service.ts";
import { runCli } from "./cli.ts";
import type { CliEnvironment } from "./command.ts";
import type { Platform } from "../framework/platform.ts";
import type { Terminal } from "./terminal.ts";

export interface TestPlatform extends Platform {
  /** What `reef list` sees. */
  readonly running: ServiceStatus[];
  /** What `reef logs` sees. */
  readonly lines: LogLine[];
}

/** A real registry, a real store and real calls, in this process; the runtime only pretends. */
export async function openTestPlatform(services: readonly Service[] = []): Promise<TestPlatform> {
  const registry = createMemoryRegistry();
  const log = createLogger({ write: () => {} });
  const kept = createMemoryStore();
  const store = kept.database("default");
  const auth = createStoreAuth({
    table: kept.database("reef").table("auth"),
    sealKey: Buffer.alloc(32),
    issuer: "reef:test",
    hashCost: { memoryKib: 8, passes: 1 },
  }).realm("default");
  const namespaces = await openStoreNamespaces({
    // Not where the tests count revisions.
    table: createMemoryStore().database("reef").table("namespaces"),
    holdings: recordHoldings(),
  });
  const server = await openRpcServer({
    services,
    context: () => ({ client: clientOf, store, log }),
    log,
  });
  const transport = server.direct();
  const deadlines = new DeadlineSweep();
  for (const { contract } of services) {
    const node = {
      id: `${contract.name}-1`,
      namespace: "default",
      service: contract.name,
      version: contract.version,
      state: "ready" as const,
      addresses: ["tcp://127.0.0.1:7000"],
      contractDigest: contract.digest,
      metadata: {},
    };
    await registry.register(node, { contract: contract.descriptor });
  }
  const running: ServiceStatus[] = [];
  const lines: LogLine[] = [];
  function clientOf<C extends Contract>(contract: C) {
    return createClient(contract, { route: transport, deadlines });
  }
  return {
    registry,
    runtime: new PretendedRuntime(running, lines),
    auth,
    namespace: "default",
    namespaceCache: () => new NamespaceCache(),
    namespaces,
    store,
    running,
    lines,
    control: "unix:/run/reef/control",
    client: clientOf,
    route: () => transport,
    doorkeeper: () => assert.fail("nothing is served here"),
    watchAuth: () => assert.fail("nothing is served here"),
    self: async () => anonymous,
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/**
 * Runs nothing. A path that contains "crash" crashes, and every name it does not know is refused, as by the real one.
 */
class PretendedRuntime implements Services {
  readonly #running: ServiceStatus[];
  readonly #lines: readonly LogLine[];

  constructor(running: ServiceStatus[], lines: readonly LogLine[]) {
    this.#running = running;
    this.#lines = lines;
  }

  async run(spec: RunSpec): Promise<ServiceStatus> {
    const { source = "" } = spec;
    const name = spec.name ?? source.replace(/^.*\/|\.ts$/g, "");
    if (source.includes("crash")) {
      const output = ["TypeError: x is not a function", "\tat crash.ts:1:1"];
      const text = `Cannot run "${name}": it ended with exit code 1. It wrote:\n\n${output.join("\n")}`;
      throw runtimeErrors.crashed({ name, log: "/log", output }, text);
    }
    if (this.#running.some((status) => status.name === name)) {
      throw runtimeErrors.already_running({ name, source });
    }
    const status = statusOf({ name, source });
    this.#running.push(status);
    return status;
  }

  async update(name: string, { source }: ServiceChanges = {}): Promise<ServiceStatus> {
    return { ...this.#find(name), ...(source !== undefined && { source }) };
  }

  async restart(name: string): Promise<ServiceStatus> {
    return this.#find(name);
  }

  async kill(name: string): Promise<void> {
    this.#running.splice(this.#running.indexOf(this.#find(name)), 1);
  }

  async list(): Promise<Page> {
    return { items: this.#running };
  }

  async *logs(scope: LogScope = {}): AsyncGenerator<LogLine, void> {
    const { name, tail = 15, since, follow = false, signal } = scope;
    if (name !== undefined && !this.#lines.some((line) => line.name === name)) this.#find(name);
    const own = this.#lines.filter((line) => {
      return (name === undefined || line.name === name) && (!since || line.at >= since);
    });
    yield* since ? own : own.slice(own.length - Math.min(own.length, tail));
    if (!follow || signal?.aborted) return;
    await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
  }

  #find(name: string): ServiceStatus {
    const found = this.#running.find((status) => status.name === name);
    if (found) return found;
    const names = this.#running.map((status) => status.name);
    throw runtimeErrors.not_running({ name, running: names });
  }
}

export function statusOf(status: Partial<ServiceStatus>): ServiceStatus {
  return {
    name: "greeter",
    source: "/srv/greeter.ts",
    state: "ready",
    instance: "i1",
    pid: 4711,
    restarts: 0,
    startedAt: new Date(0),
    log: "/log/greeter",
    ...status,
  };
}

/** What a command line left behind. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions extends Partial<Omit<CliEnvironment, "stdin">> {
  readonly platform?: Platform;
  /** @default "" */
  readonly stdin?: string;
  /** In the place of `stdin`, for what a person types at a time. */
  readonly input?: CliEnvironment["stdin"];
}

/** Runs one command line against `platform`, by default one without services. */
export async function runLine(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { platform, stdin = "", input, ...environment } = options;
  await using own = platform ? undefined : await openTestPlatform();
  const stdout = createTestTerminal();
  const stderr = createTestTerminal();
  const exitCode = await runCli(args, {
    openPlatform: async () => keptOpen(platform ?? own),
    stdout,
    stderr,
    stdin: input ?? Object.assign(chunks(stdin), { isTty: false }),
    env: {},
    folder: "/srv",
    nodeVersion: "26.0.0",
    signal: new AbortController().signal,
    clock: systemClock,
    atExit: () => {},
    ...environment,
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

export interface TestTerminal extends Terminal {
  readonly text: string;
}

export function createTestTerminal(options: Partial<Terminal> = {}): TestTerminal {
  let text = "";
  return {
    isTty: false,
    columns: 80,
    hasColor: false,
    write: async (more) => void (text += Buffer.from(more).toString()),
    ...options,
    get text() {
      return text;
    },
  };
}

/** The command closes what it opened; the test's platform outlives it. */
function keptOpen(platform: Platform | undefined): Platform {
  if (!platform) throw new Error("A platform is there: given, or our own");
  return { ...platform, [Symbol.asyncDispose]: async () => {} };
}

async function* chunks(text: string): AsyncGenerator<Uint8Array, void> {
  // In pieces of three bytes: characters and lines must not depend on how they arrive.
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3);
}
