import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, annsSecret, grant } from "../blocks/auth/conformance/fixture.ts";
import { openTestAuth } from "../blocks/auth/drivers/store/test-auth.ts";
import type { Auth, Tokens } from "../blocks/auth/index.ts";
import { ReefError } from "../core/errors.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { soon } from "../testing/soon.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { wrongPerSecondMax } from "./doorkeeper/known-tokens.ts";

const hello = { type: "service", name: "greeter", endpoint: "hello" };
const wallMs = 1_800_000_000_000;

async function open(auth?: Pick<Auth, "watch">) {
  const it = await openTestAuth();
  const clock = createManualClock({ wallMs });
  const doorkeeper = new Doorkeeper({ auth: auth ?? it.auth, audience: "gateway", clock });
  const realm = it.auth.realm("default");
  await realm.createAccount({ id: ann, secret: annsSecret, scopes: ["staff"] });
  const tokens = await realm.login(ann, annsSecret);
  return { ...it, realm, clock, doorkeeper, tokens };
}

async function comeIn(doorkeeper: Doorkeeper, tokens?: Pick<Tokens, "accessToken">) {
  const known = await doorkeeper.identify(tokens && `Bearer ${tokens.accessToken}`);
  doorkeeper.check(known, "default", hello);
  return known;
}

/** Watches tell in their own time: asked until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const asking = (async () => {
    while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
  })();
  await soon("What was told", asking);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error === undefined ? "in" : ReefError.from(error).code;
}

test("check() tells nobody known to come with a token, and somebody known that it may not", async () => {
  const { doorkeeper, tokens } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  assert.equal(await codeOf(comeIn(doorkeeper)), "unauthenticated");
  assert.equal(await codeOf(comeIn(doorkeeper, tokens)), "permission_denied");
});

test("check() follows a rule that is put, changed and deleted", async () => {
  const { doorkeeper, realm, tokens } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  const is = (code: string) => async () => (await codeOf(comeIn(doorkeeper, tokens))) === code;
  await realm.putRule(grant("staff"));
  await until(is("in"));
  assert.equal(await codeOf(comeIn(doorkeeper)), "unauthenticated");
  await realm.putRule({ ...grant("staff"), access: "denied" }, { force: true });
  await until(is("permission_denied"));
  await realm.putRule(grant("", { id: "open", priority: 1 }));
  await until(is("in"));
  assert.equal(await codeOf(comeIn(doorkeeper)), "in");
  await realm.deleteRule("open", { force: true });
  await until(is("permission_denied"));
});

test("identify() refuses what is no Bearer token, has expired or was revoked, also when it was seen before", async () => {
  const { doorkeeper, realm, clock, tokens } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  await realm.putRule(grant("staff"));
  await until(async () => (await codeOf(comeIn(doorkeeper, tokens))) === "in");
  const authorization = `Bearer ${tokens.accessToken}`;
  assert.ok(!(doorkeeper.identify(authorization) instanceof Promise));
  for (const bad of ["", "Bearer", "Basic YTpi", "Bearer a.b.c", `${authorization} x`]) {
    const identified = (async () => doorkeeper.identify(bad))();
    assert.equal(await codeOf(identified), "unauthenticated", bad);
  }
  const { token, session } = await realm.createToken(ann);
  assert.equal(await codeOf(comeIn(doorkeeper, { accessToken: token })), "in");
  await realm.endSession(session);
  await until(async () => (await codeOf(comeIn(doorkeeper, { accessToken: token }))) !== "in");
  assert.equal(await codeOf(comeIn(doorkeeper, tokens)), "in");
  await clock.advance(tokens.expiresInMs + 10_000);
  assert.equal(await codeOf(comeIn(doorkeeper, tokens)), "unauthenticated");
});

test("hold() ends what is open when its session is revoked or a rule forbids it", async () => {
  const { doorkeeper, realm, tokens } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  await realm.putRule(grant("staff"));
  await until(async () => (await codeOf(comeIn(doorkeeper, tokens))) === "in");
  const openLink = async (token: Pick<Tokens, "accessToken">) => {
    const known = await comeIn(doorkeeper, token);
    const ended = Promise.withResolvers<ReefError>();
    const held = doorkeeper.hold(known, { namespace: "default", resource: hello }, ended.resolve);
    return { ended: ended.promise, held };
  };
  const { token, session } = await realm.createToken(ann);
  const [byToken, byLogin] = [await openLink({ accessToken: token }), await openLink(tokens)];
  await realm.endSession(session);
  assert.equal((await soon("The end", byToken.ended)).code, "unauthenticated");
  await realm.putRule({ ...grant("staff"), access: "denied" }, { force: true });
  assert.equal((await soon("The end", byLogin.ended)).code, "permission_denied");
});

test("check() trusts what it knows for a while when auth is away, then says so, and heals", async () => {
  const { auth } = await openTestAuth();
  let away = false;
  const breaking = new AbortController();
  const flaky: Pick<Auth, "watch"> = {
    watch: ({ signal } = {}) => {
      if (away) throw new ReefError("unavailable", "away");
      return auth.watch({ signal: AbortSignal.any([signal!, breaking.signal]) });
    },
  };
  await auth.realm("default").putRule(grant("", { id: "open" }));
  const clock = createManualClock({ wallMs });
  await using doorkeeper = new Doorkeeper({ auth: flaky, audience: "gateway", clock });
  await doorkeeper.present;
  assert.equal(await codeOf(comeIn(doorkeeper)), "in");
  away = true;
  breaking.abort();
  await clock.advance(9_000);
  assert.equal(await codeOf(comeIn(doorkeeper)), "in");
  await clock.advance(2_000);
  assert.equal(await codeOf(comeIn(doorkeeper)), "unavailable");
});

test("while auth is away time stands still for tokens, and for a while after it is back", async () => {
  const { auth } = await openTestAuth();
  let away = false;
  let breaking = new AbortController();
  const flaky: Pick<Auth, "watch"> = {
    watch: ({ signal } = {}) => {
      if (away) throw new ReefError("unavailable", "away");
      return auth.watch({ signal: AbortSignal.any([signal!, breaking.signal]) });
    },
  };
  const realm = auth.realm("default");
  await realm.putRule(grant("staff"));
  await realm.createAccount({ id: ann, secret: annsSecret, scopes: ["staff"] });
  const [seen, fresh] = [await realm.login(ann, annsSecret), await realm.login(ann, annsSecret)];
  const clock = createManualClock({ wallMs });
  const options = { auth: flaky, audience: "probe", awayMaxMs: 86_400_000, clock };
  await using doorkeeper = new Doorkeeper(options);
  await doorkeeper.present;
  assert.equal(await codeOf(comeIn(doorkeeper, seen)), "in");
  const ended = Promise.withResolvers<ReefError>();
  const known = await comeIn(doorkeeper, seen);
  doorkeeper.hold(known, { namespace: "default", resource: hello }, ended.resolve);
  away = true;
  breaking.abort();
  // The watch has ended by the time that another one is tried.
  await clock.advance(1_000);
  await clock.advance(seen.expiresInMs + 60_000);
  for (const tokens of [seen, fresh]) assert.equal(await codeOf(comeIn(doorkeeper, tokens)), "in");
  const { epoch } = doorkeeper;
  away = false;
  breaking = new AbortController();
  await clock.advance(1_000);
  await until(async () => doorkeeper.epoch > epoch + 1);
  assert.equal(await codeOf(comeIn(doorkeeper, seen)), "in");
  await clock.advance(31_000);
  assert.equal(await codeOf(comeIn(doorkeeper, seen)), "unauthenticated");
  assert.equal((await soon("The end", ended.promise)).code, "unauthenticated");
});

test("identify() checks no more tokens while too many are wrong, and knows those that it has seen", async () => {
  const { doorkeeper, realm, clock, tokens } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  const identify = async (token: string) =>
    codeOf((async () => doorkeeper.identify(`Bearer ${token}`))());
  const [head, claims] = tokens.accessToken.split(".");
  const wrong = `${head}.${claims}.${Buffer.alloc(64).toString("base64url")}`;
  const next = await realm.login(ann, annsSecret);
  assert.equal(await identify(tokens.accessToken), "in");
  const codes = [];
  // oxlint-disable-next-line no-await-in-loop -- in turn, so that all but the last are checked
  for (let each = 0; each <= wrongPerSecondMax; each += 1) codes.push(await identify(wrong));
  assert.equal(codes.at(-2), "unauthenticated");
  assert.equal(codes.at(-1), "resource_exhausted");
  assert.equal(await identify(next.accessToken), "resource_exhausted");
  assert.equal(await identify(tokens.accessToken), "in");
  await clock.advance(1_000);
  assert.equal(await identify(next.accessToken), "in");
});

test("what is open goes on with the next token of its login, and of no other", async () => {
  const { doorkeeper, realm, clock, tokens, advance } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  await realm.putRule(grant("staff"));
  await until(async () => (await codeOf(comeIn(doorkeeper, tokens))) === "in");
  const place = { namespace: "default", resource: hello };
  const ended: string[] = [];
  const hold = async (name: string, given: Tokens) => {
    const known = await comeIn(doorkeeper, given);
    doorkeeper.hold(known, place, ({ code }) => void ended.push(`${name} ${code}`));
  };
  const other = await realm.login(ann, annsSecret);
  await hold("first", tokens);
  await hold("other", other);
  await clock.advance(tokens.expiresInMs / 2);
  await advance(tokens.expiresInMs / 2);
  const next = await realm.refresh(tokens.refreshToken);
  await comeIn(doorkeeper, next);
  await clock.advance(tokens.expiresInMs / 2 + 1_000);
  assert.deepEqual(ended, ["other unauthenticated"]);
});
