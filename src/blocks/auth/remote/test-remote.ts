/** An auth on the other side of a wire. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeadlineSweep } from "../../../core/deadline.ts";
import { createLogger } from "../../../core/log.ts";
import { createClient, type Route } from "../../../rpc/client.ts";
import { openRpcServer } from "../../../rpc/server.ts";
import type { TransportName } from "../../../rpc/test-probe.ts";
import { openConnection } from "../../../rpc/wire/connect.ts";
import { createMemoryStore } from "../../store/drivers/memory.ts";
import type { AuthUnderTest } from "../conformance.ts";
import { AuthContract } from "../contract.ts";
import { remoteAuth } from "../remote.ts";
import { authService } from "../service.ts";

/** The same auth behind its service, on which cases cannot see that it is far away. */
export async function openRemote(
  transport: TransportName,
  under: AuthUnderTest,
): Promise<AuthUnderTest> {
  await using opening = new AsyncDisposableStack();
  opening.use(under);
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  opening.defer(() => rm(folder, { recursive: true }));
  const listen = { direct: [], tcp: ["tcp://127.0.0.1:0"], unix: [`unix:${folder}/auth`] };
  const log = createLogger({ write: () => {} });
  const client = () => assert.fail("auth calls nobody");
  const server = await openRpcServer({
    services: [authService(under.auth)],
    listen: listen[transport],
    namespaces: "any",
    log,
    context: () => ({ client, store: createMemoryStore().database("default"), log }),
  });
  opening.use(server);
  const [address] = server.addresses;
  const route = opening.use(address ? await openConnection(address) : server.direct());
  const deadlines = new DeadlineSweep();
  const owned = opening.move();
  const auth = (over: Route) =>
    remoteAuth((namespace) => createClient(AuthContract, { route: over, namespace, deadlines }));
  return {
    auth: auth(route),
    // Who is at the other end of a wire needs a doorkeeper to be known; in one process it is said.
    as: ({ account, namespace }) =>
      auth(server.direct({ caller: { kind: "service", id: account, namespace, scopes: [] } })),
    advance: (ms) => under.advance(ms),
    again: () => under.again(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
