/** Who keeps the entries: the drivers of reef's store, each through RPC, and Redis through its own client. */
import { postgresProgram } from "../src/backends/postgres/test-server.ts";
import { peerModules } from "./peer-modules.ts";
import type { Contender } from "./side-by-side.ts";
import { type StoreJob, valueBytes } from "./store-work.ts";

/** Plain `reef` is the driver of the local profile, SQLite. */
export function storeContenders(method: StoreJob["method"]): readonly Contender[] {
  const job = { method, bytes: valueBytes, variant: null, transport: "tcp" };
  const reef = { ...job, peer: "reef", module: peerModules["store-reef"] };
  return [
    reef,
    { ...reef, variant: "memory" },
    { ...reef, variant: "postgres", needs: postgresProgram("postgres") },
    { ...job, peer: "redis", module: peerModules.redis, needs: "redis-server" },
  ];
}
