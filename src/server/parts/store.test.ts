/** The suite on the store as a service has it that runs on a platform whose store is elsewhere: two wires away. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeConformance, type StoreUnderTest } from "../../blocks/store/conformance.ts";
import { openTestSqlite } from "../../blocks/store/drivers/sqlite/test-store.ts";
import type { Store } from "../../blocks/store/index.ts";
import { storeService } from "../../blocks/store/service.ts";
import { createLogger } from "../../core/log.ts";
import { openRpcServer, type RpcServer } from "../../rpc/server.ts";
import { stopServing } from "./control.ts";
import { nobody } from "../../framework/own-credentials.ts";
import { FarPart } from "./far-part.ts";
import { createFarStore } from "./store.ts";

const log = createLogger({ write: () => {} });

storeConformance("the store of a platform that has it elsewhere", {
  open: async (limits) => openTwice(await openTestSqlite(limits)),
  survives: "power",
});

async function openTwice(under: StoreUnderTest): Promise<StoreUnderTest> {
  await using opening = new AsyncDisposableStack();
  opening.use(under);
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  opening.defer(() => rm(folder, { recursive: true }));
  const far = await openFar(under.store, `unix:${join(folder, "store.sock")}`, opening);
  const store = await openFar(far, `unix:${join(folder, "control.sock")}`, opening);
  const owned = opening.move();
  const { reopen } = under;
  return {
    store,
    advance: (ms) => under.advance(ms),
    ...(reopen && {
      reopen: async (options) => {
        const again = await reopen(options);
        await owned.disposeAsync();
        return openTwice(again);
      },
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The store behind an address, as who is elsewhere has it. */
async function openFar(
  store: Store,
  address: string,
  opening: AsyncDisposableStack,
): Promise<Store> {
  opening.adopt(await serve(store, address), stopServing);
  const way = {
    name: "store",
    address,
    command: "reef service store",
    needed: true,
    credentials: nobody,
    log,
  };
  return createFarStore(opening.use(new FarPart(way))).store;
}

function serve(store: Store, address: string): Promise<RpcServer> {
  return openRpcServer({
    services: [storeService(store)],
    listen: [address],
    namespaces: "any",
    context: () => ({
      client: () => assert.fail("the store calls nobody"),
      store: store.database("default"),
      log,
    }),
    log,
  });
}
