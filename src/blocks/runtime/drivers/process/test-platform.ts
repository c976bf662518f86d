/**
 * For tests: what a service finds behind `REEF_PLATFORM`, reduced to the one thing that the runtime needs of it. A
 * program says once what it serves, and that is registered as long as its connection lives.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { contract } from "../../../../contract/contract.ts";
import { createLogger } from "../../../../core/log.ts";
import { ProcessGroups } from "../../../../supervisor/process-groups.ts";
import { createMemoryRegistry } from "../../../registry/drivers/memory.ts";
import type { Registry } from "../../../registry/index.ts";
import { createMemoryStore } from "../../../store/drivers/memory.ts";
import type { RuntimeUnderTest } from "../../conformance.ts";
import { openProcessRuntime, type ProcessRuntime } from "../process.ts";
import type { ProcessRuntimeOptions } from "./options.ts";

export interface TestPlatform extends RuntimeUnderTest {
  readonly runtime: ProcessRuntime;
  readonly groups: ProcessGroups;
  readonly logsFolder: string;
  /** What the platform itself had to say. */
  readonly warnings: readonly string[];
  reopen(): Promise<TestPlatform>;
}

export async function openTestPlatform(
  options: Partial<ProcessRuntimeOptions> = {},
): Promise<TestPlatform> {
  await using opening = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), "reef-"));
  opening.defer(() => rm(root, { recursive: true }));
  const folder = join(root, "programs");
  await mkdir(folder);
  const registry = createMemoryRegistry();
  const control = join(root, "control.sock");
  opening.use(await openControl(control, registry));
  const groups = new ProcessGroups();
  // A run that somebody interrupts leaves no services behind.
  const killAll = () => groups.killAll();
  process.once("exit", killAll);
  opening.defer(() => void process.off("exit", killAll));
  const warnings: string[] = [];
  const logsFolder = join(root, "logs");
  const desired = createMemoryStore().database("reef").table("runtime");
  const owned = opening.move();

  async function openRuntime(): Promise<TestPlatform> {
    const runtime = await openProcessRuntime({
      registry,
      desired,
      groups,
      log: createLogger({ level: "warn", write: (line) => warnings.push(line) }),
      platform: `unix:${control}`,
      socketsFolder: root,
      logsFolder,
      cacheFolder: join(root, "cache"),
      stopGraceMs: 500,
      ...options,
    });
    const services = runtime.services("default");
    return {
      runtime,
      services,
      registry,
      groups,
      folder,
      logsFolder,
      warnings,
      serving,
      async reopen() {
        await runtime.close();
        return await openRuntime();
      },
      async [Symbol.asyncDispose]() {
        await runtime.close();
        await owned.disposeAsync();
      },
    };
  }
  try {
    return await openRuntime();
  } catch (error) {
    await owned.disposeAsync();
    throw error;
  }
}

/** Where programs say what they serve. */
async function openControl(path: string, registry: Registry): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    void register(registry, socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** What a program says of itself, and needs no TypeScript nor reef to say it. */
function serving(services: readonly string[]): string {
  return `
    import { connect } from "node:net";
    const { REEF_PLATFORM, REEF_INSTANCE, REEF_NAMESPACE } = process.env;
    connect(REEF_PLATFORM.slice("unix:".length)).write(
      JSON.stringify({
        instance: REEF_INSTANCE,
        namespace: REEF_NAMESPACE,
        services: ${JSON.stringify(services)},
      }) + "\\n",
    );
  `;
}

interface Said {
  readonly instance: string;
  readonly namespace: string;
  readonly services: readonly string[];
}

async function register(registry: Registry, socket: Socket): Promise<void> {
  await using leases = new AsyncDisposableStack();
  socket.on("error", () => socket.destroy());
  for await (const line of createInterface({ input: socket })) {
    // Only `serving` above writes here.
    const { instance, namespace, services } = JSON.parse(line) as Said;
    for (const service of services) {
      const { version, digest, descriptor } = contract(service, {}, { version: "1.0.0" });
      const node = {
        id: `${instance}-${service}`,
        namespace,
        service,
        version,
        state: "ready",
        addresses: ["tcp://127.0.0.1:1"],
        contractDigest: digest,
        metadata: { instance },
      } as const;
      leases.use(await registry.register(node, { contract: descriptor }));
    }
  }
}
