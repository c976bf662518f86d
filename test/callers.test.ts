/** Whoever proves who he is at an entrance is known to the service behind it, and to the one behind that. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, after, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { DeadlineSweep } from "../src/core/deadline.ts";
import type { CredentialSource } from "../src/core/identity.ts";
import { createLogger } from "../src/core/log.ts";
import { readEnvironment } from "../src/framework/environment.ts";
import { joinPlatform } from "../src/framework/join.ts";
import { openPlatform, type Platform } from "../src/framework/platform.ts";
import { serve } from "../src/framework/serve.ts";
import { parseGrpcAddress } from "../src/rpc/address.ts";
import { type Client, createClient } from "../src/rpc/client.ts";
import { PlainProbe, Probe, probeHandlers } from "../src/rpc/conformance/probe.ts";
import { openGrpcTransport } from "../src/rpc/grpc/client/grpc-transport.ts";
import type { Call } from "../src/rpc/server-call.ts";
import { service } from "../src/rpc/service.ts";
import { openConnection } from "../src/rpc/wire/connect.ts";
import { contract } from "../src/contract/contract.ts";
import { lockNumbers } from "../src/contract/numbers/lock-numbers.ts";
import { startServer } from "../src/server/start-server.ts";
import { soon, soonMs } from "../src/testing/soon.ts";
import { within } from "../src/testing/within.ts";
import { openStateFolder } from "./test-command.ts";

const log = createLogger({ write: () => {} });
const stack = new AsyncDisposableStack();

/** The same methods under another name: what is asked of it, it asks the probe. */
const methods = PlainProbe.methods;
const PlainFront = contract("front", methods, { version: "1.0.0" });
const Front = contract("front", methods, {
  version: "1.0.0",
  numbers: { front: lockNumbers(PlainFront.descriptor) },
});

function who({ caller, subject }: Call) {
  const [one, other] = [caller, subject].map((each) =>
    each.kind === "anonymous" ? "nobody" : `${each.id} of ${each.namespace}`,
  );
  return { message: one === other ? `${one}` : `${one} for ${other}` };
}

function always(token: string): CredentialSource {
  return { token: () => token, onChange: () => ({ [Symbol.dispose]() {} }) };
}

let stateFolder = "";
let gateway = "";
let proxy = "";
let owner: Platform;
let ann = "";

before(async () => {
  const { path: state } = stack.use(await openStateFolder());
  stateFolder = state;
  const server = stack.use(await startServer({ state, port: 0, proxyPort: 0, log }));
  [gateway, proxy] = [server.gateway ?? "", server.proxy ?? ""];
  const nobody = stack.use(await openPlatform({ state }));
  const secret = (await readFile(join(state, "owner.secret"), "utf8")).trim();
  const { accessToken } = await nobody.auth.login("user:owner", secret);
  owner = stack.use(await openPlatform({ state, credentials: always(accessToken) }));
  async function tokenOf(id: string, scopes: readonly string[]): Promise<string> {
    await owner.auth.createAccount({ id, scopes });
    return (await owner.auth.issue(id)).accessToken;
  }
  ann = await tokenOf("user:ann", []);
  const options = { stopOnSignals: false, log };
  for (const [name, made] of [
    [
      "probe",
      service(Probe, probeHandlers({ hello: (_, call) => who(call), count: forEver, chat })),
    ],
    [
      "front",
      service(Front, ({ client }) => {
        const probe = client(Probe);
        return probeHandlers({ hello: (input) => probe.hello(input) });
      }),
    ],
  ] as const) {
    const credentials = always(await tokenOf(`service:${name}`, ["service"]));
    const platform = stack.use(await openPlatform({ state, credentials }));
    stack.use(await serve(made, { ...options, platform }));
  }
});

after(() => stack.disposeAsync());

async function* forEver(_: unknown, { signal }: Call) {
  yield { n: 1 };
  await new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Says who calls, in numbers. */
async function* chat(_: unknown, { caller }: Call) {
  yield { n: caller.kind === "user" ? caller.id.length : 0 };
}

function bearer(token: string | undefined): { [name: string]: string } {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function post(url: string, token: string | undefined): Promise<string> {
  const headers = { "content-type": "application/json", ...bearer(token) };
  const response = await fetch(url, { method: "POST", headers, body: '{"name":""}' });
  const { message } = (await response.json()) as { message: string };
  return message;
}

/** gRPC, by our own client, which is tried against others elsewhere. */
async function grpc(token: string | undefined): Promise<string> {
  const address = parseGrpcAddress(proxy.replace("http:", "grpc:"));
  assert.ok(address);
  await using route = await openGrpcTransport(address, {});
  const client = createClient(Probe, { route, deadlines: new DeadlineSweep() });
  return (await client.hello({ name: "" }, { metadata: bearer(token) })).message;
}

const ways: { readonly [name: string]: (token: string | undefined) => Promise<string> } = {
  "HTTP at the gateway": (token) => post(`${gateway}/probe/hello`, token),
  "Connect at the proxy": (token) => post(`${proxy}/probe.v1.Probe/Hello`, token),
  "gRPC at the proxy": grpc,
};

for (const [name, ask] of Object.entries(ways)) {
  test(`${name}: the service knows the user, and nobody as nobody`, async () => {
    assert.equal(await ask(ann), "user:ann of default");
    assert.equal(await ask(undefined), "nobody");
    assert.equal(await ask(ann), "user:ann of default");
  });
}

test("the audit has on whose behalf a service called, and shows it to who looks for that one", async () => {
  assert.equal(
    await post(`${gateway}/front/hello`, ann),
    "service:front of default for user:ann of default",
  );
  // A door tells within a second what it has decided.
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const { items } = await owner.auth.audit({ account: "user:ann", resource: "service:probe" });
    const told = items.find(({ subject }) => subject === "service:front");
    if (told) {
      const { by, onBehalfOf, event } = told;
      assert.deepEqual([by, onBehalfOf, event], ["service:probe", "user:ann", "call allowed"]);
      return;
    }
    // oxlint-disable-next-line no-await-in-loop
    await setTimeout(25);
  }
});

test("a program that serves several contracts acts for who called each of them", async () => {
  const Cart = contract("cart", PlainFront.methods, { version: "1.0.0" });
  const Orders = contract("orders", PlainFront.methods, { version: "1.0.0" });
  await owner.auth.createAccount({ id: "service:shop", scopes: ["service"] });
  const { accessToken } = await owner.auth.issue("service:shop");
  await using platform = await openPlatform({
    control: owner.control,
    credentials: always(accessToken),
  });
  const both = [Cart, Orders].map((each) =>
    service(each, ({ client }) => {
      const probe = client(Probe);
      return probeHandlers({ hello: (input) => probe.hello(input) });
    }),
  );
  await using running = await serve(both, { platform, stopOnSignals: false, log });
  void running;
  for (const name of ["cart", "orders"]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is enough
    const message = await post(`${gateway}/${name}/hello`, ann);
    assert.equal(message, "service:shop of default for user:ann of default");
  }
});

test("the service behind the service knows for whom that asks, and asks the rules about the service", async () => {
  for (const url of [`${gateway}/front/hello`, `${proxy}/front.v1.Front/Hello`]) {
    // oxlint-disable-next-line no-await-in-loop -- in turn: what was kept of the one must not be shown for the next
    assert.equal(await post(url, ann), "service:front of default for user:ann of default");
    // oxlint-disable-next-line no-await-in-loop
    assert.equal(await post(url, undefined), "service:front of default");
    // oxlint-disable-next-line no-await-in-loop
    assert.equal(await post(url, ann), "service:front of default for user:ann of default");
  }
  await owner.auth.putRule({
    id: "closed",
    scope: "service",
    resource: { type: "service", name: "probe", endpoint: "*" },
    access: "denied",
    priority: 50,
  });
  // The service may not, whoever asks it.
  await soon("A refusal", untilRefused(`${gateway}/front/hello`));
  assert.equal(await post(`${gateway}/probe/hello`, ann), "user:ann of default");
  await owner.auth.deleteRule("closed");
});

async function untilRefused(url: string): Promise<void> {
  const headers = { "content-type": "application/json", ...bearer(ann) };
  let status = 0;
  while (status !== 403) {
    // oxlint-disable-next-line no-await-in-loop -- until the door has heard of the rule
    const response = await fetch(url, { method: "POST", headers, body: '{"name":""}' });
    ({ status } = response);
    // oxlint-disable-next-line no-await-in-loop
    await response.text();
  }
}

test("WebSocket at the gateway: the service knows the user", async () => {
  for (const [token, n] of [
    [ann, "user:ann".length],
    [undefined, 0],
  ] as const) {
    // Node's own takes headers, which browsers do not, and its types do not say.
    const options = { headers: bearer(token) } as unknown as string;
    const socket = new WebSocket(`${gateway.replace("http", "ws")}/probe/chat`, options);
    const [{ data }] = (await soon("A message", once(socket, "message"))) as [MessageEvent];
    socket.close();
    assert.deepEqual(JSON.parse(String(data)), { n });
  }
});

test("a service closes its own port to whom the gateway has not seen, when a rule says so", async () => {
  const rule = (await owner.auth.rules()).find(({ id }) => id === "anonymous");
  assert.ok(rule);
  const probe = await openNobody();
  await within(1_000, async () => {
    assert.equal((await probe.hello({ name: "" })).message, "nobody");
    const answers = probe.count({ to: 1 });
    await soon("An item", answers.next());
    const ended = assert.rejects(answers.next(), { code: "unauthenticated" });
    const startedMs = performance.now();
    await owner.auth.deleteRule("anonymous");
    await soon("The end of the stream", ended);
    const tookMs = performance.now() - startedMs;
    await assert.rejects(probe.hello({ name: "" }), { code: "unauthenticated" });
    assert.equal(await post(`${gateway}/probe/hello`, ann), "user:ann of default");
    await owner.auth.putRule(rule);
    await untilIn(probe);
    return tookMs;
  });
});

/** A rule is at the services a moment after it was written. */
async function untilIn(probe: Client<typeof Probe>): Promise<void> {
  const isIn = () =>
    probe.hello({ name: "" }).then(
      () => true,
      () => false,
    );
  const looking = async () => {
    // oxlint-disable-next-line no-await-in-loop -- each look is another moment
    while (!(await isIn()));
  };
  await soon("The rule", looking());
}

/** Straight to the service: the registry shows it to nobody whom it does not know. */
async function openNobody() {
  const [found] = await owner.registry.list({ namespace: "default", service: "probe" });
  const [address = ""] = found?.nodes[0]?.addresses ?? [];
  const route = stack.use(await openConnection(address));
  return createClient(Probe, { route, deadlines: new DeadlineSweep() });
}

test("a program that nobody knows is told so when it looks for a service", async () => {
  await using nobody = await openPlatform({ control: owner.control });
  await assert.rejects(nobody.client(Probe).hello({ name: "" }), { code: "unauthenticated" });
});

test("a session that ends is over at the service within a second, on what is open too", async () => {
  await within(1_000, async () => {
    const { token, session } = await owner.auth.createToken("user:ann");
    const headers = { "content-type": "application/json", ...bearer(token) };
    const counting = { method: "POST", headers, body: '{"to":1}' };
    const reader = (await fetch(`${gateway}/probe/count`, counting)).body?.getReader();
    await reader?.read();
    const startedMs = performance.now();
    await owner.auth.endSession(session);
    for (;;) {
      const part = await soon("The end", reader?.read() ?? assert.fail("no body"));
      if (part.done) break;
    }
    const tookMs = performance.now() - startedMs;
    const again = await fetch(`${gateway}/probe/hello`, { method: "POST", headers, body: "{}" });
    assert.equal(again.status, 401);
    return tookMs;
  });
});

test("a service that was started by hand and loses its session goes on at once, and stops when it is disabled", async (t) => {
  // By which it finds the platform, and the file that says who has started it.
  process.env["REEF_STATE"] = stateFolder;
  t.after(() => delete process.env["REEF_STATE"]);
  const lines: string[] = [];
  const given = createLogger({ write: (line) => void lines.push(line) });
  const env = { ...readEnvironment(), test: false };
  await using byHand = await joinPlatform({ env, service: "byhand", log: given });
  const put = async () => byHand?.store.table("things").put("a", "1");
  const account = "service:byhand";
  const sessionNow = async () =>
    (await owner.auth.sessions()).items.find((each) => each.account === account)?.id ?? "";
  const session = await sessionNow();
  await owner.auth.endSession(session);
  const began = performance.now();
  await soon(
    "Another session",
    until(async () => !["", session].includes(await sessionNow())),
  );
  await soon(
    "Who acts by it",
    until(() => put().then(yes, no)),
  );
  assert.ok(performance.now() - began < soonMs, "it has waited for the next token");
  await owner.auth.changeAccount(account, { disabled: true });
  const text = "may not act on the platform any more";
  await soon(
    "What is said",
    until(async () => lines.some((line) => line.includes(text))),
  );
  await assert.rejects(put(), { code: "unauthenticated" });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const endsAtMs = performance.now() + soonMs;
  // oxlint-disable-next-line no-await-in-loop -- until it does
  while (!(await holds()) && performance.now() < endsAtMs) await new Promise(setImmediate);
}

const yes = () => true;
const no = () => false;
