/** The suite on the far side of each way to a store. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { missingForPostgres, postgresForTests } from "../../backends/postgres/test-server.ts";
import { isError } from "../../contract/typed-error.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { createLogger } from "../../core/log.ts";
import { createClient } from "../../rpc/client.ts";
import { openRpcServer } from "../../rpc/server.ts";
import type { TransportName } from "../../rpc/test-probe.ts";
import { openConnection } from "../../rpc/wire/connect.ts";
import { exceptAll } from "../../testing/suite.ts";
import { storeConformance, type StoreUnderTest } from "./conformance.ts";
import { tableOf } from "./conformance/fixture.ts";
import { restartCases } from "./conformance/restart-cases.ts";
import { StoreContract } from "./contract.ts";
import { memoryKeepsNothing, openMemory } from "./drivers/memory/test-store.ts";
import { openTestStore as openPostgresTestStore } from "./drivers/postgres/test-store.ts";
import { openTestStore } from "./drivers/sqlite/test-store.ts";
import type { Store } from "./index.ts";
import { remoteStore } from "./remote.ts";
import { storeService } from "./service.ts";

for (const transport of ["direct", "unix", "tcp"] as const) {
  storeConformance(`remote store on memory, ${transport}`, {
    open: async (limits) => openRemote(transport, await openMemory(limits)),
    survives: "nothing",
    except: exceptAll(restartCases, memoryKeepsNothing),
  });
}

storeConformance("remote store on sqlite, unix", {
  open: async (limits) => openRemote("unix", await openTestStore(limits)),
  survives: "power",
});

const url = postgresForTests();

storeConformance("remote store on postgres, unix", {
  open: async (limits) => openRemote("unix", await openPostgresTestStore(await url(), limits)),
  survives: "power",
  missing: missingForPostgres(),
});

test("a lost race is the typed error of the contract, on both sides of a wire", async () => {
  await using it = await openRemote("tcp", await openMemory());
  for (const store of [it.store, it.near]) {
    const table = tableOf({ store });
    const revision = await table.put("a", "1");
    const race = table.put("a", "2", { expectedRevision: revision + 1 });
    await assert.rejects(race, (error) => {
      assert(isError(error, StoreContract, "conflict"));
      assert.equal(error.data.revision, revision);
      return true;
    });
  }
});

test("only reading may be repeated by itself", () => {
  const idempotent = Object.entries(StoreContract.methods).filter(
    ([, method]) => method.idempotent,
  );
  assert.deepEqual(
    idempotent.map(([name]) => name),
    ["get", "list", "tables", "survives", "watch"],
  );
});

interface RemoteUnderTest extends StoreUnderTest {
  /** The store behind the service. */
  readonly near: Store;
}

async function openRemote(
  transport: TransportName,
  under: StoreUnderTest,
): Promise<RemoteUnderTest> {
  await using opening = new AsyncDisposableStack();
  opening.use(under);
  const { store: near } = under;
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  opening.defer(() => rm(folder, { recursive: true }));
  const listen = { direct: [], tcp: ["tcp://127.0.0.1:0"], unix: [`unix:${folder}/store`] };
  const log = createLogger({ write: () => {} });
  const client = () => assert.fail("the store calls nobody");
  const server = await openRpcServer({
    services: [storeService(near)],
    listen: listen[transport],
    namespaces: "any",
    log,
    context: () => ({ client, store: near.database("default"), log }),
  });
  opening.use(server);
  const [address] = server.addresses;
  const route = opening.use(address ? await openConnection(address) : server.direct());
  const deadlines = new DeadlineSweep();
  const owned = opening.move();
  const { reopen } = under;
  return {
    near,
    store: remoteStore((namespace) => createClient(StoreContract, { route, namespace, deadlines })),
    advance: (ms) => under.advance(ms),
    ...(reopen && {
      reopen: async (options) => {
        const again = await reopen(options);
        await owned.disposeAsync();
        return openRemote(transport, again);
      },
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
