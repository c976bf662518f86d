/** The suite on the far side of each way to a store, and what only a way can do: break. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { missingForPostgres, postgresForTests } from "../../backends/postgres/test-server.ts";
import { isError } from "../../contract/typed-error.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { createClient } from "../../rpc/client.ts";
import { openCuttable } from "../../rpc/test-cuttable.ts";
import { openQuietServer } from "../../rpc/test-probe.ts";
import { openConnection } from "../../rpc/wire/connect.ts";
import { exceptAll } from "../../testing/suite.ts";
import { storeConformance } from "./conformance.ts";
import { openWatch, refused, shownChanges, tableOf } from "./conformance/fixture.ts";
import { restartCases } from "./conformance/restart-cases.ts";
import { methodsOf } from "./conformance/test-changed-store.ts";
import { StoreContract } from "./contract.ts";
import { memoryKeepsNothing, openTestMemory } from "./drivers/memory/test-store.ts";
import { openTestPostgres } from "./drivers/postgres/test-store.ts";
import { openTestSqlite } from "./drivers/sqlite/test-store.ts";
import type { Moment, Store } from "./index.ts";
import { remoteStore } from "./remote.ts";
import { openRemote } from "./remote/test-remote.ts";
import { storeService } from "./service.ts";

for (const transport of ["direct", "unix", "tcp"] as const) {
  storeConformance(`remote store on memory, ${transport}`, {
    open: async (limits) => openRemote(transport, await openTestMemory(limits)),
    survives: "nothing",
    except: exceptAll(restartCases, memoryKeepsNothing),
  });
}

storeConformance("remote store on sqlite, unix", {
  open: async (limits) => openRemote("unix", await openTestSqlite(limits)),
  survives: "power",
});

const url = postgresForTests();

storeConformance("remote store on postgres, unix", {
  open: async (limits) => openRemote("unix", await openTestPostgres(await url(), limits)),
  survives: "power",
  missing: missingForPostgres(),
});

test("a lost race is the typed error of the contract, on both sides of a wire", async () => {
  await using it = await openRemote("tcp", await openTestMemory());
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

test("a watch whose connection breaks goes on over the next one, without gap or repeat", async () => {
  await using near = await openTestMemory();
  await using server = await openQuietServer([storeService(near.store)], ["tcp://127.0.0.1:0"]);
  await using wire = await openCuttable(server.addresses[0] ?? assert.fail("no address"));
  const seen: string[] = [];
  let last: Moment | undefined;
  for (let round = 0; round < 3; round++) {
    await using route = await openConnection(wire.address);
    const client = createClient(StoreContract, { route, deadlines: new DeadlineSweep() });
    await using watch = await openWatch(tableOf({ store: remoteStore(() => client) }), {
      after: last,
    });
    last ??= watch.start;
    await tableOf(near).put("a", `${round}`);
    const count = round === 0 ? 1 : 2;
    for (let read = 0; read < count; read++) {
      const event = await watch.next();
      seen.push(...shownChanges(event.changes));
      last = event;
    }
    wire.cut();
    await refused(watch.next(), "unavailable");
    await tableOf(near).put("b", `${round}`);
  }
  assert.deepEqual(seen, ["a=0", "b=0", "a=1", "b=1", "a=2"]);
});

test("a write whose connection breaks says that it may have been done, and is not tried again", async () => {
  await using near = await openTestMemory();
  const asked: string[] = [];
  const never = new Promise<never>(() => {});
  const slow: Store = {
    survives: () => near.store.survives(),
    database: (name) => ({
      ...near.store.database(name),
      table: (table) => ({
        ...methodsOf(near.store.database(name).table(table)),
        async put(key) {
          asked.push(Buffer.from(key).toString());
          wire.cut();
          return never;
        },
      }),
    }),
  };
  await using server = await openQuietServer([storeService(slow)], ["tcp://127.0.0.1:0"]);
  await using wire = await openCuttable(server.addresses[0] ?? assert.fail("no address"));
  await using route = await openConnection(wire.address);
  const client = createClient(StoreContract, { route, deadlines: new DeadlineSweep() });
  const writing = tableOf({ store: remoteStore(() => client) }).put("a", "1");
  await assert.rejects(writing, { code: "unavailable", maybeExecuted: true });
  assert.deepEqual(asked, ["a"]);
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
