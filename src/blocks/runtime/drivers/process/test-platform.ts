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
}

export async function openTestPlatform(
  options: Partial<ProcessRuntimeOptions> = {},
): Promise<TestPlatform> {
  const root = await mkdtemp(join(tmpdir(), "reef-"));
  const folder = join(root, "programs");
  await mkdir(folder);
  const registry = createMemoryRegistry();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    void register(registry, socket);
  });
  const path = join(root, "control.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const groups = new ProcessGroups();
  // A run that somebody interrupts leaves no services behind.
  const killAll = () => groups.killAll();
  process.once("exit", killAll);
  const warnings: string[] = [];
  const runtime = await openProcessRuntime({
    registry,
    desired: createMemoryStore().database("reef").table("runtime"),
    groups,
    log: createLogger({ level: "warn", write: (line) => warnings.push(line) }),
    platform: `unix:${path}`,
    socketsFolder: root,
    logsFolder: join(root, "logs"),
    cacheFolder: join(root, "cache"),
    stopGraceMs: 500,
    ...options,
  });
  return {
    runtime,
    services: runtime.services("default"),
    registry,
    groups,
    folder,
    logsFolder: join(root, "logs"),
    warnings,
    serving,
    async [Symbol.asyncDispose]() {
      await runtime.close();
      process.off("exit", killAll);
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(root, { recursive: true });
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
