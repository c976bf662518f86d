/** Who may call what through the proxy: whom the gateway lets in, and nobody else. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ann, annsSecret, grant } from "../../blocks/auth/conformance/fixture.ts";
import { openTestAuth } from "../../blocks/auth/drivers/store/test-auth.ts";
import { entranceResource } from "../../core/access-rules.ts";
import { createLogger } from "../../core/log.ts";
import { Probe, probeHandlers } from "../../rpc/conformance/probe.ts";
import { Doorkeeper, methodResource } from "../../rpc/doorkeeper.ts";
import { jsonEnvelope } from "../../rpc/grpc/test-caller.ts";
import { service } from "../../rpc/service.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { soon } from "../../testing/soon.ts";
import { openGateway } from "../gateway/gateway.ts";
import { openFixture } from "./fixtures/open-fixture.ts";

const probe = { type: "service", name: "probe", endpoint: "*" };
const anonymous = { ...grant(""), id: "anonymous", resource: probe };

/** A proxy and a gateway before the same service, and accounts of which Ann may call it. */
async function openGuarded(handlers = probeHandlers()) {
  await using stack = new AsyncDisposableStack();
  const { auth } = await openTestAuth();
  const realm = auth.realm("default");
  await realm.putRule(grant("staff", { resource: probe }));
  await realm.createAccount({ id: ann, secret: annsSecret, scopes: ["staff"] });
  await realm.createAccount({ id: "user:bob", secret: annsSecret });
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const openDoorkeeper = () => stack.use(new Doorkeeper({ auth, audience: "gateway", clock }));
  const [doorkeeper, gatewaysOwn] = [openDoorkeeper(), openDoorkeeper()];
  await Promise.all([doorkeeper.present, gatewaysOwn.present]);
  const fixture = stack.use(await openFixture([service(Probe, handlers)], { doorkeeper }));
  const { registry, connect } = fixture;
  const log = createLogger({ write: () => {} });
  const gateway = stack.use(
    await openGateway({ registry, connect, doorkeeper: gatewaysOwn, listen: { port: 0 }, log }),
  );
  const opened = stack.move();
  async function bearer(id: string) {
    const { accessToken } = await realm.login(id, annsSecret);
    return { metadata: { authorization: `Bearer ${accessToken}` } };
  }
  return {
    realm,
    bearer,
    client: fixture.client(Probe),
    proxy: fixture.proxy,
    gateway,
    /** The gateway has heard that nobody known may call this any more. */
    gatewayClosed: (method: string) =>
      new Promise<unknown>((resolve) => {
        const resource = methodResource("probe", method);
        gatewaysOwn.hold(undefined, { namespace: "default", resource }, resolve);
      }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const name = "Ann";

test("a call without a token is unauthenticated, with one that may not permission_denied, with one that may answered", async () => {
  let calls = 0;
  const hello = () => ({ message: String((calls += 1)) });
  await using it = await openGuarded(probeHandlers({ hello }));
  const refused = { maybeExecuted: false };
  await assert.rejects(it.client.hello({ name }), { code: "unauthenticated", ...refused });
  const bob = await it.bearer("user:bob");
  await assert.rejects(it.client.hello({ name }, bob), { code: "permission_denied", ...refused });
  const wrong = { metadata: { authorization: "Bearer x" } };
  await assert.rejects(it.client.hello({ name }, wrong), { code: "unauthenticated", ...refused });
  const known = await it.bearer(ann);
  assert.deepEqual(await it.client.hello({ name }, known), { message: "1" });
  // Its signature is known by now, which is another way through the door.
  assert.deepEqual(await it.client.hello({ name }, known), { message: "2" });
  await assert.rejects(it.client.hello({ name }, bob), { code: "permission_denied", ...refused });
});

test("the token stays with the platform, other metadata goes to the service", async () => {
  const seen: unknown[] = [];
  const hello = (_input: unknown, call: { readonly metadata: object }) => {
    seen.push({ ...call.metadata });
    return { message: "" };
  };
  await using it = await openGuarded(probeHandlers({ hello }));
  const { metadata } = await it.bearer(ann);
  const text = { "x-shop": "café", "x-raw-bin": "AAEC" };
  await it.client.hello({ name }, { metadata: { ...metadata, ...text, cookie: "a=b" } });
  assert.deepEqual(seen, [text]);
});

test("streams of each kind are asked for as calls are", async () => {
  await using it = await openGuarded();
  const denied = { code: "unauthenticated" };
  await assert.rejects(Array.fromAsync(it.client.count({ to: 1 })), denied);
  await assert.rejects(it.client.sum([{ n: 1 }]), denied);
  await assert.rejects(Array.fromAsync(it.client.chat([{ n: 1 }])), denied);
  const known = await it.bearer(ann);
  assert.deepEqual(await Array.fromAsync(it.client.count({ to: 1 }, known)), [{ n: 1 }]);
  assert.deepEqual(await it.client.sum([{ n: 2 }], known), { sum: 2 });
});

test("health and reflection are asked for as calls are", async () => {
  await using it = await openGuarded();
  const health = async () => {
    const headers = { "content-type": "application/json" };
    const url = `${it.proxy.url}/grpc.health.v1.Health/Check`;
    const answer = await fetch(url, { method: "POST", headers, body: "{}" });
    return { status: answer.status, text: await answer.text() };
  };
  const reflection = async (headers: object = {}) => {
    const url = `${it.proxy.url}/grpc.reflection.v1.ServerReflection/ServerReflectionInfo`;
    const all = { "content-type": "application/connect+json", ...headers };
    const body = jsonEnvelope({ listServices: "" });
    return await (await fetch(url, { method: "POST", headers: all, body })).text();
  };
  assert.equal((await health()).status, 401);
  assert.match(await reflection(), /Cannot say what is here: not without a token/);
  assert.match(await reflection((await it.bearer(ann)).metadata), /user:ann may not know/);
  const resource = { type: "block", name: "entrance", endpoint: "*" };
  await it.realm.putRule({ ...grant("staff", { resource }), id: "read" });
  await it.realm.putRule({ ...grant("", { resource: entranceResource("health") }), id: "health" });
  const opened = async () => {
    while ((await health()).status !== 200) await new Promise(setImmediate);
  };
  await soon("Health", opened());
  assert.match((await health()).text, /SERVING/);
  assert.match(await reflection((await it.bearer(ann)).metadata), /probe\.v1\.Probe/);
  assert.match(await reflection(), /not without a token/);
});

async function* forEver() {
  yield { n: 1 };
  await new Promise(() => {});
}

test("a stream ends with the session of its caller, and its handler hears of it", async () => {
  const stopped = Promise.withResolvers<void>();
  const count = (_input: unknown, call: { readonly signal: AbortSignal }) => {
    call.signal.addEventListener("abort", () => stopped.resolve());
    return forEver();
  };
  await using it = await openGuarded(probeHandlers({ count }));
  const answers = it.client.count({ to: 1 }, await it.bearer(ann));
  await soon("The first answer", answers.next());
  const { items } = await it.realm.sessions();
  const own = items.find(({ account }) => account === ann) ?? assert.fail("no session");
  const end = assert.rejects(answers.next(), { code: "unauthenticated", maybeExecuted: true });
  await it.realm.endSession(own.id);
  await soon("The end of the stream", end);
  await soon("The end of its handler", stopped.promise);
});

test("a deleted anonymous rule closes both entrances, and ends what was open", async () => {
  await using it = await openGuarded(probeHandlers({ count: forEver }));
  await it.realm.putRule(anonymous);
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  const asks = [`${it.gateway.url}/probe/nothing`, `${it.proxy.url}/probe.v1.Probe/Nothing`];
  const statuses = () => Promise.all(asks.map(async (url) => (await fetch(url, init)).status));
  const answers = it.client.count({ to: 1 });
  await soon("The first answer", answers.next());
  assert.deepEqual(await statuses(), [200, 200]);
  const end = assert.rejects(answers.next(), { code: "unauthenticated" });
  const closed = it.gatewayClosed("nothing");
  await it.realm.deleteRule("anonymous");
  await soon("The end of the stream", end);
  await soon("The news at the gateway", closed);
  assert.deepEqual(await statuses(), [401, 401]);
});
