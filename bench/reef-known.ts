/**
 * reef with a doorkeeper: its client is a service that shows who it is (`known`), or an entrance that brings users,
 * each of whose calls is another one's (`users`). All of them are of a namespace of their own.
 */
import assert from "node:assert/strict";
import { createStoreAuth } from "../src/blocks/auth/drivers/store.ts";
import { createMemoryStore } from "../src/blocks/store/drivers/memory.ts";
import { DeadlineSweep } from "../src/core/deadline.ts";
import { createLogger } from "../src/core/log.ts";
import { createClient } from "../src/rpc/client.ts";
import { Doorkeeper } from "../src/rpc/doorkeeper.ts";
import { createAddressRoute } from "../src/rpc/address-route.ts";
import { ConnectionPool } from "../src/rpc/connection-pool.ts";
import { identifiedRoute } from "../src/rpc/identified-route.ts";
import { openTransport } from "../src/rpc/open-transport.ts";
import { Passes } from "../src/rpc/passes.ts";
import { openRpcServer } from "../src/rpc/server.ts";
import { Greeter, greeter } from "./reef-greeter.ts";
import { type Job, type PeerClient, unaryClient } from "./work.ts";

const namespace = "acme";
const audience = "greeter";

/** Who call through one entrance at about the same time. */
const users = 100;

/** Tokens of accounts, and what each was exchanged for, as the client would do it. */
type Shown = readonly (readonly [token: string, bound: string])[];

export async function serve({ variant }: Job): Promise<{ readonly address: string }> {
  const log = createLogger({ level: "warn" });
  const auth = createStoreAuth({
    table: createMemoryStore().database("reef").table("auth"),
    sealKey: Buffer.alloc(32),
    issuer: "reef:bench",
    // Nobody logs in here.
    hashCost: { memoryKib: 8, passes: 1 },
  });
  const realm = auth.realm(namespace);
  const resource = { type: "service", name: "*", endpoint: "*" };
  await realm.putRule({ id: "accounts", scope: "*", resource, access: "granted", priority: 0 });
  const shown: (readonly [string, string])[] = [];
  for (let n = 0; n < (variant === "users" ? users : 1); n += 1) {
    const id = variant === "users" ? `user:u${n}` : "service:caller";
    await realm.createAccount({ id });
    const { accessToken } = await realm.issue(id);
    shown.push([accessToken, (await auth.exchange(accessToken, audience)).token]);
  }
  const doorkeeper = new Doorkeeper({ auth, audience });
  await doorkeeper.present;
  const server = await openRpcServer({
    services: [greeter],
    listen: ["tcp://127.0.0.1:0"],
    namespace,
    doorkeeper,
    context: () => ({
      client: () => assert.fail("it calls nobody"),
      store: createMemoryStore().database(namespace),
      log,
    }),
    log,
  });
  return { address: `${server.addresses[0]}#${JSON.stringify(shown)}` };
}

export async function open(place: string, job: Job): Promise<PeerClient> {
  const [address = "", text = ""] = place.split("#", 2);
  // Our own server wrote it.
  const shown = JSON.parse(text) as Shown;
  const bound = new Map(shown);
  const expiresMs = Date.now() + 600_000;
  const auth = {
    exchange: async (token: string) => ({ token: bound.get(token) ?? assert.fail(), expiresMs }),
  };
  const [own = assert.fail("nobody is there")] = shown[0] ?? [];
  const credentials = { token: () => own, onChange: () => ({ [Symbol.dispose]() {} }) };
  const passes = new Passes({ auth, ...(job.variant === "known" && { credentials }) });
  const pool = new ConnectionPool((to, signal) => openTransport(to, { namespace, signal }));
  const route = identifiedRoute(createAddressRoute(address, pool), passes);
  const calls = createClient(Greeter, { route, deadlines: new DeadlineSweep(), namespace });
  if (job.variant === "known") return unaryClient(job, calls);
  const options = shown.map(([as]) => ({ as }));
  // Each of them is known by now: what the first call of one costs is another question.
  await Promise.all(options.map((one) => calls.hello({ name: "", n: 0 }, one)));
  let turn = 0;
  const next = () => options[(turn += 1) % options.length];
  return unaryClient(job, {
    hello: (input) => calls.hello(input, next()),
    order: (input) => calls.order(input, next()),
  });
}
