/**
 * What the audit of a platform says is what was done: who was let in and by which rule, who was refused, what was
 * changed. Whoever reports cannot be somebody else, and a tenant reads of himself alone.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { AuthContract } from "../src/blocks/auth/contract.ts";
import type { AuditEntry, AuditFilter } from "../src/blocks/auth/index.ts";
import { t } from "../src/contract/builder.ts";
import { contract } from "../src/contract/contract.ts";
import { method } from "../src/contract/method.ts";
import { createLogger } from "../src/core/log.ts";
import { openPlatform, type Platform } from "../src/framework/platform.ts";
import { serve } from "../src/framework/serve.ts";
import { service } from "../src/rpc/service.ts";
import { type RunningServer, startServer } from "../src/server/start-server.ts";
import { openStateFolder } from "./test-command.ts";

const Vault = contract("vault", {
  look: method({ output: t.object({}) }),
  open: method({ output: t.object({}) }),
});

const stack = new AsyncDisposableStack();
const log = createLogger({ write: () => {} });
let server: RunningServer;
let state = "";
let owner: Platform;

before(async () => {
  state = stack.use(await openStateFolder()).path;
  server = stack.use(await startServer({ state, port: 0, proxyPort: 0, log }));
  owner = stack.use(await openPlatform({ state }));
  await owner.auth.createAccount({ id: "service:vault", scopes: ["service"] });
  const platform = await open((await owner.auth.issue("service:vault")).accessToken);
  const vault = service(Vault, { look: () => ({}), open: () => ({}) });
  const listen = ["tcp://127.0.0.1:0"];
  stack.use(await serve(vault, { platform, stopOnSignals: false, log, listen }));
});
after(() => stack.disposeAsync());

async function open(token: string, namespace = "default"): Promise<Platform> {
  const credentials = { token: () => token, onChange: () => ({ [Symbol.dispose]() {} }) };
  return stack.use(await openPlatform({ state, namespace, credentials }));
}

async function post(path: string, token?: string): Promise<number> {
  const headers = {
    "content-type": "application/json",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const asked = { method: "POST", headers, body: "{}" };
  const { status } = await fetch(`${server.gateway}${path}`, asked);
  return status;
}

/** Doors tell a moment later what they have decided. */
async function audited(
  platform: Platform,
  wanted: AuditFilter,
  isThere: (entries: readonly AuditEntry[]) => boolean,
): Promise<readonly AuditEntry[]> {
  for (let look = 0; ; look += 1) {
    // oxlint-disable-next-line no-await-in-loop
    const { items } = await platform.auth.audit(wanted);
    if (isThere(items) || look === 200) return items;
    // oxlint-disable-next-line no-await-in-loop
    await setTimeout(25);
  }
}

/** One line for each, as a person would read it. */
function read(entries: readonly AuditEntry[]): string[] {
  return entries
    .map(({ event, subject, rule = "no rule", resource, by }) =>
      [event, subject, resource, rule, by].join(", "),
    )
    .toSorted();
}

/** A slow machine may have made the last of them when the first were told: these are told a minute later. */
function assertCalls(entries: readonly AuditEntry[], wanted: Partial<AuditEntry>, made: number) {
  const { calls = 0 } =
    entries.find(({ by, event }) => by === wanted.by && event === wanted.event) ?? {};
  assert.ok(calls > 0 && calls <= made, `${calls} of ${made}`);
}

test("each decision is there once, with its rule and how often, as the entrance and as the service made it", async () => {
  await owner.auth.createAccount({ id: "user:ann", scopes: ["staff"] });
  const { token } = await owner.auth.createToken("user:ann");
  const planted = token.split(".")[2] ?? assert.fail("it is no token");
  for (let n = 0; n < 3; n += 1) {
    // oxlint-disable-next-line no-await-in-loop
    assert.equal(await post("/vault/look"), 200);
  }
  assert.equal(await post("/vault/open", token), 200);
  const resource = { type: "service", name: "vault", endpoint: "open" };
  const closed = { scope: "staff", resource, access: "denied", priority: 1 } as const;
  await owner.auth.putRule({ ...closed, id: "closed" });
  // The rule is known to a door within moments, and until then this is let in.
  while ((await post("/vault/open", token)) === 200);
  assert.equal(await post("/vault/open", token), 403);
  assert.equal(await post("/store/tables", token), 403);
  assert.equal(await post("/vault/look", `${token}x`), 401);
  const calls = await audited(owner, { resource: "service:vault" }, (all) => all.length >= 5);
  const of = (by: string) => read(calls.filter((entry) => entry.by === by));
  assert.deepEqual(of("edge:gateway"), [
    "call allowed, nobody, service:vault:look, anonymous, edge:gateway",
    "call allowed, user:ann, service:vault:open, accounts, edge:gateway",
    "call refused, user:ann, service:vault:open, closed, edge:gateway",
  ]);
  const looks = calls.filter(({ resource: about }) => about === "service:vault:look");
  assertCalls(looks, { event: "call allowed", by: "edge:gateway" }, 3);
  assertCalls(looks, { event: "call allowed", by: "service:vault" }, 3);
  assertCalls(calls, { event: "call refused", by: "edge:gateway" }, 2);
  // The service decides for itself: between the two doors a rule may have come.
  assert.deepEqual(of("service:vault").slice(0, 1), [
    "call allowed, nobody, service:vault:look, anonymous, service:vault",
  ]);
  const refused = await audited(owner, { refused: true }, (all) => all.length >= 3);
  const others = read(refused.filter(({ resource: about }) => about !== "service:vault:open"));
  assert.deepEqual(others, [
    "call refused, user:ann, block:store:tables, no rule, edge:gateway",
    "token refused, nobody, , its signature has another length, edge:gateway",
  ]);
  const all = JSON.stringify((await owner.auth.audit()).items);
  assert.ok(all.includes("user:ann") && !all.includes(planted.slice(0, 20)));
});

test("who reports is who calls: a service adds under its own name to its own namespace alone", async () => {
  const platform = await open((await owner.auth.issue("service:vault")).accessToken);
  await using auth = platform.client(AuthContract);
  const lie = { event: "call allowed", subject: "user:ann", timeMs: 0, calls: 1 } as const;
  const reports = [{ ...lie, resource: "service:bank:pay" }];
  await auth.report({ reports }, { metadata: { "reef-by": "edge:gateway" } });
  const { items } = await owner.auth.audit({ resource: "service:bank" });
  assert.deepEqual(
    items.map(({ by }) => by),
    ["service:vault"],
  );
  // Its port shows what there is, or does not: that is its own, too.
  await auth.report({ reports: [{ ...lie, resource: "block:entrance:services" }] });
  const beyond = { code: "permission_denied" };
  await assert.rejects(
    auth.report({ reports: [{ ...lie, resource: "block:auth:login" }] }),
    beyond,
  );
  const event = "namespace deleted";
  await assert.rejects(auth.report({ reports: [{ event, subject: "x", timeMs: 0 }] }), beyond);
  await owner.auth.createAccount({ id: "user:bob" });
  const bob = await open((await owner.auth.issue("user:bob")).accessToken);
  await assert.rejects(bob.auth.report(reports), beyond);
  await assert.rejects(bob.auth.audit(), beyond);
});

test("namespaces made, changed and deleted are in the audit of the home, and a tenant reads of his own alone", async () => {
  await owner.namespaces.create({ name: "acme" });
  await owner.namespaces.change("acme", { quotas: { services: 3 } });
  const acme = stack.use(await openPlatform({ state, namespace: "acme" }));
  await acme.auth.createAccount({ id: "user:zoe", scopes: ["owner"] });
  const zoe = await open((await acme.auth.issue("user:zoe")).accessToken, "acme");
  const own = await audited(zoe, { account: "user:zoe" }, (all) => all.length >= 3);
  assert.ok(own.some(({ resource, rule }) => resource === "block:auth:audit" && rule === "owner"));
  const seen = (await zoe.auth.audit()).items;
  assert.ok(!JSON.stringify(seen).includes("vault"));
  assert.deepEqual(
    seen.filter(({ event }) => event.startsWith("namespace")).map(({ event, by }) => [event, by]),
    [
      ["namespace changed", "default/user:owner"],
      ["namespace created", "default/user:owner"],
    ],
  );
  const elsewhere = await open((await acme.auth.issue("user:zoe")).accessToken);
  await assert.rejects(elsewhere.auth.audit(), { code: "permission_denied" });
  const refused = await audited(zoe, { refused: true }, (all) => all.length > 0);
  assert.deepEqual(read(refused), [
    "call refused, user:zoe, block:auth:audit, not his namespace, blocks",
  ]);
  await owner.namespaces.delete("acme", { force: true });
  const { items } = await owner.auth.audit();
  const events = items.filter(({ event }) => event.startsWith("namespace"));
  assert.deepEqual(
    events.map(({ event, subject, by }) => [event, subject, by]),
    ["deleted", "changed", "created"].map((what) => [`namespace ${what}`, "acme", "user:owner"]),
  );
});

test("whoever has the name of a namespace that is gone reads nothing of it", async () => {
  const who = async (id: string) => {
    await owner.namespaces.create({ name: "again" });
    const again = stack.use(await openPlatform({ state, namespace: "again" }));
    await again.auth.createAccount({ id, scopes: ["owner"] });
    return { again, own: await open((await again.auth.issue(id)).accessToken, "again") };
  };
  const first = await who("user:first");
  assert.match(JSON.stringify((await first.own.auth.audit()).items), /user:first/);
  await owner.namespaces.delete("again", { force: true });
  const { again, own } = await who("user:next");
  const seen = JSON.stringify((await own.auth.audit()).items);
  assert.ok(seen.includes("user:next") && !seen.includes("user:first"), seen);
  // Who looks after all of them reads it as long as it is kept.
  assert.match(JSON.stringify((await again.auth.audit()).items), /user:first/);
});
