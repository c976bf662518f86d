/**
 * reef as a service on a platform and its callers by name have it, with identity and without: one program, which makes
 * servers and clients of the parts that `serve()` and `platform.client()` make them of. With it, who calls is a service
 * (`known`) or an entrance that brings users, each of whose calls is another one's (`users`), in a namespace of their
 * own that has quotas; without it there is no doorkeeper and no pass, and nobody counts.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createStoreAuth } from "../src/blocks/auth/drivers/store.ts";
import type { NamespaceEvent } from "../src/blocks/namespaces/index.ts";
import { createMemoryRegistry } from "../src/blocks/registry/drivers/memory.ts";
import { createMemoryStore } from "../src/blocks/store/drivers/memory.ts";
import { DeadlineSweep } from "../src/core/deadline.ts";
import { createLogger } from "../src/core/log.ts";
import { CallQuotas } from "../src/rpc/call-quotas.ts";
import { type Client, createClient } from "../src/rpc/client.ts";
import { ConnectionPool } from "../src/rpc/connection-pool.ts";
import type { DoorAudit } from "../src/rpc/doorkeeper/decision-log.ts";
import { Doorkeeper } from "../src/rpc/doorkeeper.ts";
import { NamespaceCache } from "../src/rpc/namespace-cache.ts";
import { openNodeCache } from "../src/rpc/node-cache.ts";
import { openTransport } from "../src/rpc/open-transport.ts";
import { Passes } from "../src/rpc/passes.ts";
import { RegistryRoute } from "../src/rpc/registry-route.ts";
import { openRpcServer } from "../src/rpc/server.ts";
import { Greeter, greeter } from "./reef-greeter.ts";
import { type Job, type PeerClient, unaryClient } from "./work.ts";

const tenant = "acme";
const audience = "greeter";

/** Who call through one entrance at about the same time. */
const usersCount = 100;

/** Tokens of accounts, and what each was exchanged for, as the client would do it; of nobody without identity. */
type Shown = readonly (readonly [token: string, bound: string])[];

/** Without identity everybody is at home. */
function namespaceOf({ variant }: Job): string {
  return variant === null ? "default" : tenant;
}

export async function serve(job: Job): Promise<{ readonly address: string }> {
  const namespace = namespaceOf(job);
  const log = createLogger({ level: "warn" });
  const { doorkeeper, shown } = job.variant === null ? nobody : await openDoor(job.variant);
  const quotas = doorkeeper && new CallQuotas(await knownNamespaces());
  const server = await openRpcServer({
    services: [greeter],
    listen: ["tcp://127.0.0.1:0"],
    namespace,
    doorkeeper,
    admit: quotas && (() => quotas.take(namespace)),
    context: () => ({
      client: () => assert.fail("it calls nobody"),
      store: createMemoryStore().database(namespace),
      log,
    }),
    log,
  });
  return { address: `${server.addresses[0]}#${JSON.stringify(shown)}` };
}

const nobody: { readonly doorkeeper: undefined; readonly shown: Shown } = {
  doorkeeper: undefined,
  shown: [],
};

async function openDoor(variant: string) {
  const auth = createStoreAuth({
    table: createMemoryStore().database("reef").table("auth"),
    sealKey: Buffer.alloc(32),
    issuer: "reef:bench",
    // Nobody logs in here.
    hashCost: { memoryKib: 8, passes: 1 },
  });
  const realm = auth.realm(tenant);
  const resource = { type: "service", name: "*", endpoint: "*" };
  await realm.putRule({ id: "accounts", scope: "*", resource, access: "granted", priority: 0 });
  const ids =
    variant === "users"
      ? Array.from({ length: usersCount }, (_, n) => `user:u${n}`)
      : ["service:caller"];
  const shown: (readonly [string, string])[] = [];
  for (const id of ids) {
    // One after the other: each is written with what was there before.
    // oxlint-disable-next-line no-await-in-loop
    await realm.createAccount({ id });
    // oxlint-disable-next-line no-await-in-loop
    const { accessToken } = await realm.issue(id);
    // oxlint-disable-next-line no-await-in-loop
    shown.push([accessToken, (await auth.exchange(accessToken, audience)).token]);
  }
  // As on a platform, what is decided is counted and written down.
  const audit: DoorAudit = {
    namespace: tenant,
    tell: (told, reports, options) => auth.realm(told, "service:greeter").report(reports, options),
  };
  const doorkeeper = new Doorkeeper({ auth, audience, audit });
  await doorkeeper.present;
  return { doorkeeper, shown };
}

/** As a process follows them: a tenant with a quota that nobody reaches, which counts for each call. */
async function knownNamespaces(): Promise<NamespaceCache> {
  const quotas = { callsPerSecond: 10_000_000 };
  const cache = new NamespaceCache();
  cache.follow({
    async *watch({ signal } = {}): AsyncIterable<NamespaceEvent> {
      yield { kind: "namespace", namespace: { name: tenant, quotas, createdMs: Date.now() } };
      yield { kind: "complete" };
      if (signal) await once(signal, "abort");
    },
  });
  await cache.present;
  return cache;
}

export async function open(place: string, job: Job): Promise<PeerClient> {
  const namespace = namespaceOf(job);
  const [address = "", text = ""] = place.split("#", 2);
  // Our own server wrote it.
  const shown = JSON.parse(text) as Shown;
  const registry = createMemoryRegistry();
  const { name: service, version, digest: contractDigest, descriptor } = Greeter;
  const node = { id: "one", namespace, service, version, contractDigest, metadata: {} };
  const ready = { ...node, state: "ready", addresses: [address] } as const;
  await registry.register(ready, { contract: descriptor });
  const withIdentity = job.variant !== null;
  const route = new RegistryRoute({
    cache: openNodeCache({ registry, ...(withIdentity && { bases: await knownNamespaces() }) }),
    pool: new ConnectionPool((to, signal) => openTransport(to, { namespace, signal })),
    ...(withIdentity && { passes: passesOf(shown, job) }),
  });
  const calls = createClient(Greeter, { route, deadlines: new DeadlineSweep(), namespace });
  return job.variant === "users" ? await usersClient(job, calls, shown) : unaryClient(job, calls);
}

function passesOf(shown: Shown, { variant }: Job): Passes {
  const bound = new Map(shown);
  const expiresMs = Date.now() + 600_000;
  const auth = {
    exchange: async (token: string) => ({ token: bound.get(token) ?? assert.fail(), expiresMs }),
  };
  const [own] = shown[0] ?? [];
  const credentials = { token: () => own, onChange: () => ({ [Symbol.dispose]() {} }) };
  return new Passes({ auth, ...(variant === "known" && { credentials }) });
}

/** Each call is the next one's. */
async function usersClient(
  job: Job,
  calls: Client<typeof Greeter>,
  shown: Shown,
): Promise<PeerClient> {
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
