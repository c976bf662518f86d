/** A store on the other side of a wire, with both of its sides at hand. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeadlineSweep } from "../../../core/deadline.ts";
import { createLogger } from "../../../core/log.ts";
import { createClient } from "../../../rpc/client.ts";
import { openRpcServer } from "../../../rpc/server.ts";
import type { TransportName } from "../../../rpc/test-probe.ts";
import { openConnection } from "../../../rpc/wire/connect.ts";
import type { StoreUnderTest } from "../conformance.ts";
import { StoreContract } from "../contract.ts";
import type { Store } from "../index.ts";
import { remoteStore } from "../remote.ts";
import { storeService } from "../service.ts";

export interface RemoteUnderTest extends StoreUnderTest {
  /** The store behind the service. */
  readonly near: Store;
}

/** The same store behind its service, on which cases cannot see that it is far away. */
export async function openRemote(
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
