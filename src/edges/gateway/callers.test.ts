/** Who may call what through the front door. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, annsSecret, grant } from "../../blocks/auth/conformance/fixture.ts";
import { openTestAuth } from "../../blocks/auth/drivers/store/test-auth.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { soon } from "../../testing/soon.ts";
import { Doorkeeper } from "../../rpc/doorkeeper.ts";
import type { WrongLimits } from "../../rpc/doorkeeper/wrong-tokens.ts";
import { createGreeter } from "./fixtures/greeter.ts";
import { openFixture } from "./fixtures/open-fixture.ts";
import type { GatewayLimits } from "./limits.ts";

interface GuardedOptions {
  readonly wrong?: Partial<WrongLimits>;
  readonly limits?: Partial<GatewayLimits>;
}

async function openGuarded({ wrong = {}, limits = {} }: GuardedOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const { auth } = await openTestAuth();
  const realm = auth.realm("default");
  const resource = { type: "service", name: "greeter", endpoint: "*" };
  await realm.putRule(grant("staff", { resource }));
  await realm.createAccount({ id: ann, secret: annsSecret, scopes: ["staff"] });
  await realm.createAccount({ id: "user:bob", secret: annsSecret });
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const doorkeeper = stack.use(new Doorkeeper({ auth, audience: "gateway", wrong, clock }));
  await doorkeeper.present;
  const fixture = stack.use(await openFixture([createGreeter().greeter], { doorkeeper, limits }));
  const opened = stack.move();
  async function bearer(id: string) {
    const { accessToken } = await realm.login(id, annsSecret);
    return { authorization: `Bearer ${accessToken}` };
  }
  return {
    ...fixture,
    realm,
    clock,
    bearer,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

test("a call without a token is 401 and says how to come in; with one that may not, 403; with one that may, 200", async () => {
  await using it = await openGuarded();
  const json = { name: "Ann" };
  const nobody = await it.fetch("/greeter/hello", { json });
  assert.equal(nobody.status, 401);
  assert.equal(nobody.headers.get("www-authenticate"), "Bearer");
  const { detail } = (await nobody.json()) as { detail: string };
  assert.match(detail, /send Authorization: Bearer/);
  const bob = await it.fetch("/greeter/hello", { json, headers: await it.bearer("user:bob") });
  assert.equal(bob.status, 403);
  const known = await it.fetch("/greeter/hello", { json, headers: await it.bearer(ann) });
  assert.equal(known.status, 200);
  const wrong = await it.fetch("/greeter/hello", { json, headers: { authorization: "Bearer x" } });
  assert.equal(wrong.status, 401);
});

test("those who wait to be refused take no place of the requests that may be under way", async () => {
  const wrong = { toldPerSecond: 0, heldMax: 3 };
  await using it = await openGuarded({ wrong, limits: { requestsMax: 2 } });
  const knock = async (headers: { readonly authorization: string }) => {
    const sent = it.fetch("/greeter/hello", { json: { name: "Ann" }, headers });
    return sent.then(
      ({ status }) => status,
      () => "cut off",
    );
  };
  const waiting = Array.from({ length: 4 }, () => knock({ authorization: "Bearer x" }));
  assert.equal(await soon("The one that is too many", Promise.race(waiting)), "cut off");
  assert.equal(await knock(await it.bearer(ann)), 200);
  await it.clock.advance(10_000);
  const seen = await soon("The refusals", Promise.all(waiting));
  assert.deepEqual(seen.toSorted(), [401, 401, 401, "cut off"]);
});

test("a binding, a stream and a path that leads to them are guarded as the method is", async () => {
  await using it = await openGuarded();
  const paths = ["/greeter/hello/Ann", "/greeter/count/3", "/v1/greeter/hello/Ann"];
  for (const path of paths) {
    const { status } = await it.fetch(path, { method: "GET" });
    assert.equal(status, 401, path);
  }
});

test("what there is, is told to those whom a rule lets know it, and to others not by a refusal either", async () => {
  await using it = await openGuarded();
  const ask = async (path: string, headers: { readonly [name: string]: string } = {}) => {
    const answer = await it.fetch(path, { method: "GET", headers });
    return { status: answer.status, text: await answer.text() };
  };
  const pages = ["/", "/services", "/openapi.json", "/greeter/openapi.json", "/none/such"];
  for (const path of pages) {
    const { status, text } = await ask(path);
    assert.equal(status, 401, path);
    assert.match(text, /Cannot say what is here: not without a token/);
  }
  assert.equal((await it.fetch("/greeter/hello", { method: "OPTIONS" })).status, 401);
  const bob = await it.bearer("user:bob");
  for (const path of pages) assert.equal((await ask(path, bob)).status, 403, path);
  const entrance = { type: "block", name: "entrance", endpoint: "services" };
  await it.realm.putRule({ ...grant("", { resource: entrance }), id: "listed" });
  await soon(
    "The list",
    (async () => {
      while ((await ask("/services")).status !== 200) await new Promise(setImmediate);
    })(),
  );
  assert.equal((await ask("/none/such")).status, 404);
  assert.equal((await ask("/openapi.json")).status, 401);
});

test("a stream ends within a moment when the session of its caller is ended", async () => {
  await using it = await openGuarded();
  const headers = { ...(await it.bearer(ann)), accept: "application/x-ndjson" };
  const answer = await it.fetch("/greeter/count/1000000000", { method: "GET", headers });
  assert.equal(answer.status, 200);
  const reader = answer.body!.getReader();
  assert.equal((await soon("A line", reader.read())).done, false);
  const { items } = await it.realm.sessions();
  const own = items.find(({ account }) => account === ann) ?? assert.fail("no session");
  await it.realm.endSession(own.id);
  const rest = (async () => {
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text;
      text = (text + Buffer.from(value).toString()).slice(-1_000);
    }
  })();
  assert.match(await soon("The end of the stream", rest), /unauthenticated/);
});
