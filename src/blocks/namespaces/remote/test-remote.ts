/** Namespaces on the other side of a wire. */
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
import { createMemoryStore } from "../../store/drivers/memory.ts";
import type { NamespacesUnderTest } from "../conformance.ts";
import { NamespacesContract } from "../contract.ts";
import { remoteNamespaces } from "../remote.ts";
import { namespacesService } from "../service.ts";

/** The same namespaces behind their service, on which cases cannot see that they are far away. */
export async function openRemote(
  transport: TransportName,
  under: NamespacesUnderTest,
): Promise<NamespacesUnderTest> {
  await using opening = new AsyncDisposableStack();
  opening.use(under);
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  opening.defer(() => rm(folder, { recursive: true }));
  const listen = { direct: [], tcp: ["tcp://127.0.0.1:0"], unix: [`unix:${folder}/namespaces`] };
  const log = createLogger({ write: () => {} });
  const client = () => assert.fail("namespaces call nobody");
  const server = await openRpcServer({
    services: [namespacesService(under.namespaces)],
    listen: listen[transport],
    log,
    context: () => ({ client, store: createMemoryStore().database("default"), log }),
  });
  opening.use(server);
  const [address] = server.addresses;
  const route = opening.use(address ? await openConnection(address) : server.direct());
  const owned = opening.move();
  return {
    ...under,
    namespaces: remoteNamespaces(
      createClient(NamespacesContract, { route, deadlines: new DeadlineSweep() }),
    ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
