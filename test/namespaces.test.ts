/** Namespaces of a whole platform: the same name in two of them never meets, and a branch calls its base. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { textOf } from "../src/blocks/store/index.ts";
import { t } from "../src/contract/builder.ts";
import { contract } from "../src/contract/contract.ts";
import { method } from "../src/contract/method.ts";
import { createLogger } from "../src/core/log.ts";
import { openPlatform, type Platform } from "../src/framework/platform.ts";
import { serve } from "../src/framework/serve.ts";
import { service } from "../src/rpc/service.ts";
import { type RunningServer, startServer } from "../src/server/start-server.ts";
import { openStateFolder } from "./test-command.ts";

const Answer = t.object({ text: t.string() });
const Price = contract("price", { ask: method({ output: Answer, idempotent: true }) });
const Tax = contract("tax", { ask: method({ output: Answer, idempotent: true }) });
const Shop = contract("shop", { ask: method({ output: Answer, idempotent: true }) });

const stack = new AsyncDisposableStack();
const log = createLogger({ write: () => {} });
let server: RunningServer;
let state = "";

/** An owner of the home, who may do everything everywhere. */
let boss = "";

before(async () => {
  state = stack.use(await openStateFolder()).path;
  server = stack.use(await startServer({ state, port: 0, proxyPort: 0, log }));
  boss = await tokenOf(stack.use(await openPlatform({ state })), "user:boss", ["owner"]);
});
after(() => stack.disposeAsync());

async function open(namespace: string, token = boss): Promise<Platform> {
  const credentials = { token: () => token, onChange: () => ({ [Symbol.dispose]() {} }) };
  return stack.use(await openPlatform({ state, namespace, credentials }));
}

/** A rule takes effect within moments. */
async function untilIt(isSo: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 200; look += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    if (await isSo()) return;
  }
  assert.fail("it did not become so");
}

/** Somebody of a namespace, as his token says. */
async function tokenOf(platform: Platform, id: string, scopes: readonly string[]) {
  const { secret } = await platform.auth.createAccount({ id, scopes });
  return (await platform.auth.login(id, secret)).accessToken;
}

/** A price and a tax that say where they are, and a shop that asks both and its own store. */
async function serveIn(platform: Platform, names: readonly string[]) {
  const { namespace } = platform;
  const all = [
    service(Price, {
      ask: (_input, call) => ({ text: `price of ${namespace} in ${call.namespace}` }),
    }),
    service(Tax, ({ store }) => ({
      async ask() {
        const entry = await store.table("rates").get("rate");
        return { text: `tax of ${namespace}, rate ${entry ? textOf(entry.value) : "none"}` };
      },
    })),
    service(Shop, ({ client }) => ({
      async ask() {
        const [price, tax] = [client(Price), client(Tax)];
        return {
          text: `shop of ${namespace}: ${(await price.ask()).text}; ${(await tax.ask()).text}`,
        };
      },
    })),
  ];
  // One by one: what is served together is called in its process.
  for (const each of all.filter(({ contract: { name } }) => names.includes(name))) {
    // oxlint-disable-next-line no-await-in-loop
    stack.use(
      await serve(each, { platform, stopOnSignals: false, log, listen: ["tcp://127.0.0.1:0"] }),
    );
  }
}

test("a namespace that is not there keeps and runs nothing, and says how to make it", async () => {
  const platform = await open("nowhere");
  const refused = {
    code: "not_found",
    message: /namespace "nowhere": there is none; "reef namespace create nowhere"/,
  };
  await assert.rejects(platform.store.table("a").put("key", "value"), refused);
  await assert.rejects(platform.runtime.list(), refused);
  await assert.rejects(serveIn(platform, ["price"]), refused);
  await platform.namespaces.create({ name: "nowhere" });
  await platform.store.table("a").put("key", "value");
});

test("the same name in two namespaces never meets: services, keys, accounts, rules", async () => {
  const [home, acme] = [await open("default"), await open("acme")];
  await home.namespaces.create({ name: "acme" });
  await serveIn(home, ["price"]);
  await serveIn(acme, ["price"]);
  assert.equal((await home.client(Price).ask()).text, "price of default in default");
  assert.equal((await acme.client(Price).ask()).text, "price of acme in acme");
  await home.store.table("rates").put("rate", "7");
  assert.equal(await acme.store.table("rates").get("rate"), undefined);
  assert.deepEqual(await acme.store.tables(), []);
  await home.auth.createAccount({ id: "user:ann", secret: "a long enough secret" });
  assert.equal(await acme.auth.account("user:ann"), undefined);
  await acme.auth.createAccount({ id: "user:ann", secret: "another long secret" });
  await assert.rejects(acme.auth.login("user:ann", "a long enough secret"), {
    code: "unauthenticated",
  });
  const ids = (await acme.auth.rules()).map(({ id }) => id);
  assert.ok(ids.includes("owner") && !ids.includes("anonymous"), ids.join());
});

test("a branch calls what it lacks in its base, and its data is its own", async () => {
  const home = await open("default");
  await home.namespaces.create({ name: "fix", base: "default" });
  const branch = await open("fix");
  await serveIn(home, ["tax", "shop"]);
  await serveIn(branch, ["shop", "tax"]);
  // Its own tax with its own store, and the price of the base, which was begun by the test before.
  assert.equal(
    (await branch.client(Shop).ask()).text,
    "shop of fix: price of default in default; tax of fix, rate none",
  );
  assert.match(
    (await home.client(Shop).ask()).text,
    /^shop of default: .*; tax of default, rate 7$/,
  );
  const rule = (await home.auth.rules()).find(({ id }) => id === "branch-fix");
  assert.equal(rule?.scope, "+fix");
  await home.namespaces.change("fix", { without: ["base"] });
  assert.ok(!(await home.auth.rules()).some(({ id }) => id === "branch-fix"));
  await assert.rejects(branch.client(Shop).ask(), { code: "not_found" });
});

const json = { "content-type": "application/json" };

async function post(path: string, headers: { readonly [name: string]: string }) {
  const init = { method: "POST", headers: { ...json, ...headers }, body: "{}" };
  const response = await fetch(`${server.gateway}${path}`, init);
  return { status: response.status, text: await response.text() };
}

/** The proxy, by Connect. */
async function connectAsk(service: string, headers: { readonly [name: string]: string }) {
  const url = `${server.proxy}/${service}.v0.${service[0]?.toUpperCase()}${service.slice(1)}/Ask`;
  const response = await fetch(url, {
    method: "POST",
    headers: { ...json, ...headers },
    body: "{}",
  });
  return { status: response.status, text: await response.text() };
}

test("a base lets in its branch, and nobody of another namespace, where it does not let in everybody", async () => {
  const home = await open("default");
  await home.namespaces.change("fix", { base: "default" });
  const anonymous = (await home.auth.rules()).find(({ id }) => id === "anonymous");
  assert.ok(anonymous);
  const stranger = await open("default", await tokenOf(await open("acme"), "user:x", ["owner"]));
  const inside = await open("fix", await tokenOf(await open("fix"), "service:other", ["service"]));
  const mayCall = async (platform: Platform): Promise<boolean> => {
    const asked = platform.client(Price).ask();
    return asked.then(
      () => true,
      () => false,
    );
  };
  await home.auth.deleteRule("anonymous");
  await untilIt(async () => !(await mayCall(stranger)));
  assert.equal((await inside.client(Price).ask()).text, "price of default in default");
  await home.namespaces.change("fix", { without: ["base"] });
  const left = await open("default", await tokenOf(await open("fix"), "service:left", []));
  await untilIt(async () => !(await mayCall(left)));
  await home.auth.putRule(anonymous);
  await untilIt(async () => (await post("/price/ask", {})).status === 200);
});

test("both entrances lead each caller into his namespace and its bases, whatever else he names", async () => {
  const [home, acme, branch] = [await open("default"), await open("acme"), await open("fix")];
  await home.namespaces.change("fix", { base: "default" });
  const tenant = { authorization: `Bearer ${await tokenOf(acme, "user:tom", ["owner"])}` };
  const owner = { authorization: `Bearer ${boss}` };
  const dev = { authorization: `Bearer ${await tokenOf(branch, "user:dev", [])}` };
  const table = [
    { who: {}, service: "price", says: /price of default in default/ },
    { who: tenant, service: "price", says: /price of acme in acme/ },
    { who: tenant, service: "tax", status: 404 },
    { who: dev, service: "price", says: /price of default in default/ },
    { who: dev, service: "tax", says: /tax of fix/ },
    { who: owner, service: "price", says: /price of default in default/ },
    {
      who: { ...owner, "reef-namespace": "acme" },
      service: "price",
      says: /price of acme in acme/,
    },
    { who: { ...owner, "reef-namespace": "nowhere2" }, service: "price", status: 404 },
    { who: { ...tenant, "reef-namespace": "default" }, service: "price", status: 403 },
    { who: { "reef-namespace": "acme" }, service: "price", status: 401 },
    { who: { "reef-namespace": "default" }, service: "price", says: /price of default in default/ },
  ];
  for (const { who, service: name, says, status = 200 } of table) {
    // oxlint-disable-next-line no-await-in-loop -- the first opens the namespace
    const [http, connect] = [await post(`/${name}/ask`, who), await connectAsk(name, who)];
    const line = JSON.stringify({ ...who, authorization: undefined, name, http, connect });
    assert.equal(http.status, status, line);
    assert.equal(connect.status, status === 404 && !says ? connect.status : status, line);
    if (status === 404) assert.notEqual(connect.status, 200, line);
    if (says) {
      assert.match(http.text, says, line);
      assert.match(connect.text, says, line);
    }
  }
  const list = await fetch(`${server.gateway}/services`, { headers: dev });
  const listed = (await list.json()) as { name: string; namespace: string }[];
  assert.deepEqual(
    listed.map(({ name, namespace }) => `${namespace}/${name}`),
    ["default/price", "fix/shop", "fix/tax"],
  );
});

test("quotas are kept, and each refusal names the quota, its value and the command that changes it", async () => {
  const home = await open("default");
  const small = await open("small");
  const refused = (flag: string, limit: number) => ({
    code: "resource_exhausted",
    message: new RegExp(
      `"small" has a quota of ${limit} .*"reef namespace change small --${flag} N"`,
    ),
  });
  const quotas = { keys: 2, bytes: 100, services: 1 };
  await home.namespaces.create({ name: "small", quotas });
  const table = small.store.table("things");
  await table.put("a", "1");
  await table.batch([{ kind: "put", key: "b", value: "1" }]);
  await assert.rejects(table.put("c", "1"), refused("keys", 2));
  await assert.rejects(table.put("a", "x".repeat(100)), refused("bytes", 100));
  await table.put("a", "2");
  // What others keep is not counted.
  await home.store.table("things").put("c", "1");
  await serveIn(small, ["price"]);
  await assert.rejects(serveIn(small, ["tax"]), refused("services", 1));
  assert.match((await small.client(Price).ask()).text, /in small/);
  await home.namespaces.change("small", { quotas: { callsPerSecond: 3 }, without: ["keys"] });
  await table.put("c", "1");
  const cache = small.namespaceCache();
  while (cache.get("small")?.quotas.callsPerSecond === undefined) {
    const told = Promise.withResolvers<void>();
    using listening = cache.onChange(told.resolve);
    assert.ok(listening);
    // oxlint-disable-next-line no-await-in-loop
    await told.promise;
  }
  const price = small.client(Price);
  const calls = await Promise.allSettled(Array.from({ length: 20 }, () => price.ask()));
  const failed = calls.filter((call) => call.status === "rejected");
  assert.ok(failed.length >= 15 && failed.length <= 18, `${failed.length} of 20 were refused`);
  await assert.rejects(Promise.reject(failed[0]?.reason), refused("calls-per-second", 3));
  assert.match((await home.client(Price).ask()).text, /in default/);
  const who = { authorization: `Bearer ${await tokenOf(small, "user:sue", [])}` };
  const answers = await Promise.all(Array.from({ length: 12 }, () => post("/price/ask", who)));
  const limited = answers.filter(({ status }) => status === 429);
  assert.ok(limited.length >= 8, JSON.stringify(answers));
  assert.match(limited[0]?.text ?? "", /quota of 3 calls a second/);
});

test("a namespace is deleted when it is empty, or with all that is in it", async () => {
  const home = await open("default");
  const old = await open("old");
  await home.namespaces.create({ name: "old" });
  await old.store.table("things").put("a", "1");
  await old.auth.createAccount({ id: "user:bob", scopes: ["owner"] });
  const { items } = await old.auth.audit();
  const made = items.find(({ event }) => event === "account created");
  assert.equal(made?.by, "default/user:boss");
  await assert.rejects(home.namespaces.delete("old"), {
    code: "failed_precondition",
    message: /the table things has entries.*--force/,
  });
  assert.equal(await home.namespaces.delete("old", { force: true }), true);
  await home.namespaces.create({ name: "old" });
  assert.deepEqual(await old.store.tables(), []);
  assert.deepEqual((await old.auth.accounts()).items, []);
  assert.equal(await home.namespaces.delete("old"), true);
  assert.ok(server.gateway);
});
