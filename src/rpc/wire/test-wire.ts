/** For tests: a server of the probe and clients of it, on real sockets and on a clock that the test moves. */
import { createMemoryStore } from "../../blocks/store/drivers/memory.ts";
import { createLogger } from "../../core/log.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.ts";
import { createClient, type Client } from "../client.ts";
import { Probe, probeHandlers } from "../conformance/probe.ts";
import { openRpcServer, type RpcServer, type RpcServerOptions } from "../server.ts";
import { service } from "../service.ts";
import type { Transport } from "../transport.ts";
import type { ClientConnection } from "./client-connection.ts";
import { type ConnectOptions, openConnection } from "./connect.ts";

export interface TestServer extends AsyncDisposable {
  readonly rpc: RpcServer;
  readonly address: string;
  readonly clock: ManualClock;
}

/** Ends at once: a test that left a call behind does not wait for it. */
export async function openTestServer(
  handlers: Parameters<typeof probeHandlers>[0] = {},
  options: Partial<RpcServerOptions> = {},
): Promise<TestServer> {
  const clock = createManualClock();
  const log = createLogger({ write: () => {} });
  const client = (): never => {
    throw new Error("These services call nobody");
  };
  const rpc = await openRpcServer({
    services: [service(Probe, probeHandlers(handlers))],
    listen: ["tcp://127.0.0.1:0"],
    context: () => ({ client, store: createMemoryStore().database("test"), log }),
    log,
    clock,
    ...options,
  });
  return {
    rpc,
    address: rpc.addresses[0] ?? "",
    clock,
    async [Symbol.asyncDispose]() {
      await rpc.stop({ timeoutMs: 0 });
    },
  };
}

export interface TestClient extends AsyncDisposable {
  readonly probe: Client<typeof Probe>;
  readonly connection: ClientConnection;
  readonly clock: ManualClock;
}

export async function openTestClient(
  address: string,
  options: ConnectOptions = {},
): Promise<TestClient> {
  const clock = createManualClock();
  const connection = await openConnection(address, { clock, ...options });
  return {
    connection,
    clock,
    probe: probeOver(connection, new DeadlineSweep(clock)),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

export function probeOver(route: Transport, deadlines = new DeadlineSweep()): Client<typeof Probe> {
  return createClient(Probe, { route, deadlines });
}
