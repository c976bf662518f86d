import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeadlineSweep } from "../../core/deadline.ts";
import { createLogger } from "../../core/log.ts";
import { createClient } from "../../rpc/client.ts";
import { openRpcServer } from "../../rpc/server.ts";
import { openConnection } from "../../rpc/wire/connect.ts";
import { createMemoryStore } from "../store/drivers/memory.ts";
import { runtimeConformance, type RuntimeUnderTest } from "./conformance.ts";
import { RuntimeContract } from "./contract.ts";
import { openTestPlatform } from "./drivers/process/test-platform.ts";
import { remoteRuntime } from "./remote.ts";
import { runtimeService } from "./service.ts";

runtimeConformance("remote runtime on process, unix", {
  open: async () => openRemote(await openTestPlatform()),
});

async function openRemote(near: RuntimeUnderTest): Promise<RuntimeUnderTest> {
  await using opening = new AsyncDisposableStack();
  opening.use(near);
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  opening.defer(() => rm(folder, { recursive: true }));
  const log = createLogger({ write: () => {} });
  const client = () => assert.fail("the runtime calls nobody");
  const store = createMemoryStore().database("default");
  const server = opening.use(
    await openRpcServer({
      services: [runtimeService(near.runtime)],
      listen: [`unix:${folder}/runtime`],
      namespaces: "any",
      log,
      context: () => ({ client, store, log }),
    }),
  );
  const route = opening.use(await openConnection(server.addresses[0] ?? ""));
  const deadlines = new DeadlineSweep();
  const owned = opening.move();
  const runtime = remoteRuntime((namespace) =>
    createClient(RuntimeContract, { route, namespace, deadlines }),
  );
  return {
    ...near,
    runtime,
    services: runtime.services("default"),
    reopen: async () => openRemote(await near.reopen()),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
