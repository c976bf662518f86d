import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, annsSecret, grant } from "../blocks/auth/conformance/fixture.ts";
import { openTestAuth } from "../blocks/auth/drivers/store/test-auth.ts";
import type { Auth, Tokens } from "../blocks/auth/index.ts";
import { ReefError } from "../core/errors.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { soon } from "../testing/soon.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { toldPerMinute } from "./doorkeeper/told-refusals.ts";
import { type Visitor, wrongLimits } from "./doorkeeper/wrong-tokens.ts";

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

/** After which nobody waits to be told any more. */
const allToldMs = wrongLimits.heldMs + (wrongLimits.heldMax * 1_000) / wrongLimits.laterPerSecond;

/** Over a connection of its own. */
function visitor(): Visitor {
  return { connection: {}, cut: () => assert.fail("it was cut off"), onceGone() {} };
}

async function comeIn(doorkeeper: Doorkeeper, tokens?: Pick<Tokens, "accessToken">) {
  const known = await doorkeeper.identify(tokens && `Bearer ${tokens.accessToken}`, visitor());
  doorkeeper.check(known, { namespace: "default", resource: hello });
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

test("check() says in the log which rule refused whom, a few times a minute, and of nobody known nothing", async () => {
  const it = await openTestAuth();
  const clock = createManualClock({ wallMs });
  const told: object[] = [];
  const log = { info: (text: string, fields = {}) => void told.push({ text, ...fields }) };
  await using doorkeeper = new Doorkeeper({ auth: it.auth, audience: "gateway", clock, log });
  const realm = it.auth.realm("default");
  await realm.createAccount({ id: ann, secret: annsSecret, scopes: ["staff"] });
  const tokens = await realm.login(ann, annsSecret);
  await doorkeeper.present;
  const line = { text: "A call was refused", account: ann, of: "default", in: "default" };
  const resource = "service:greeter:hello";
  await codeOf(comeIn(doorkeeper));
  await codeOf(comeIn(doorkeeper, tokens));
  assert.deepEqual(told, [{ ...line, resource, rule: "none grants it" }]);
  await realm.putRule(grant("staff", { id: "closed", access: "denied" }));
  const denied = { ...line, resource, rule: '"closed" denies it' };
  await until(async () => {
    await codeOf(comeIn(doorkeeper, tokens));
    return told.length >= toldPerMinute;
  });
  await until(async () => (await codeOf(comeIn(doorkeeper, tokens))) === "permission_denied");
  assert.equal(told.length, toldPerMinute);
  await clock.advance(60_000);
  await codeOf(comeIn(doorkeeper, tokens));
  assert.deepEqual(told.at(-1), denied);
});

test("check() tells nobody known to come with a token, and somebody known that it may not", async () => {
  const { doorkeeper, tokens } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  assert.equal(await codeOf(comeIn(doorkeeper)), "unauthenticated");
  await assert.rejects(async () => comeIn(doorkeeper, tokens), {
    code: "permission_denied",
    message:
      "Cannot call greeter/hello: user:ann may not; an owner sees why by " +
      `"reef auth explain user:ann service:greeter:hello"`,
  });
});

test("check() does as if a rule were not there that does not count here, and heeds the others", async () => {
  const { auth, realm, clock } = await open();
  const withoutRules = ["anonymous"];
  await using doorkeeper = new Doorkeeper({ auth, audience: "gateway", withoutRules, clock });
  await doorkeeper.present;
  const shop = { ...hello, name: "shop" };
  await realm.putRule(grant("", { id: "anonymous" }));
  await realm.putRule(grant("", { id: "public", resource: shop }));
  await until(async () => (await codeOf(asNobody(shop))) === "in");
  assert.equal(await codeOf(asNobody(hello)), "unauthenticated");

  async function asNobody(resource: typeof hello): Promise<void> {
    doorkeeper.check(undefined, { namespace: "default", resource });
  }
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
  for (const bad of ["", "Bearer", "Basic YTpi", "Bearer a.b.c", `${authorization} x`]) {
    const identified = (async () => doorkeeper.identify(bad, visitor()))();
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

/** Tokens that differ in their signatures alone, and are of this session or of one that nobody knows. */
function* wrongOnes({ accessToken }: Pick<Tokens, "accessToken">): Generator<string> {
  const [head, claims] = accessToken.split(".");
  for (let n = 0; ; n += 1) {
    const signature = Buffer.alloc(64);
    signature.writeUInt32LE(n);
    yield `${head}.${claims}.${signature.toString("base64url")}`;
  }
}

test("identify() looks at few signatures while wrong ones come, and who is in goes on with his next token", async () => {
  const { doorkeeper, realm, clock, tokens } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  const identify = (token: string, connection: object) => {
    const asked = async () => doorkeeper.identify(`Bearer ${token}`, { ...visitor(), connection });
    return codeOf(asked());
  };
  const fresh = await realm.login(ann, annsSecret);
  const wrong = wrongOnes(await realm.login(ann, annsSecret));
  assert.equal(await identify(tokens.accessToken, {}), "in");
  const codes: { [code: string]: number } = {};
  const attackers = Array.from({ length: 50 }, () => ({}));
  for (let n = 0; n < 300; n += 1) {
    const connection = attackers[n % attackers.length] ?? {};
    const asked = identify(wrong.next().value ?? "", connection);
    // Those that are told later.
    await clock.advance(0);
    const code = await Promise.race([asked, new Promise<string>((r) => setImmediate(r, "later"))]);
    codes[code] = (codes[code] ?? 0) + 1;
  }
  const { checkedAtOnce, checkedPerSecond, toldPerSecond } = wrongLimits;
  // All of them were told something, or wait.
  assert.deepEqual(codes, {
    // Those who come with their first, and those who have sent others.
    unauthenticated: 2 * checkedAtOnce,
    resource_exhausted: toldPerSecond - 2 * checkedAtOnce,
    later: 300 - toldPerSecond,
  });
  assert.equal(await identify(tokens.accessToken, {}), "in");
  const renewed = await realm.refresh(tokens.refreshToken);
  assert.equal(await identify(renewed.accessToken, attackers[0] ?? {}), "in");
  // What comes back is not for those alone who send wrong ones.
  await clock.advance(1_000 / checkedPerSecond);
  for (const connection of attackers) void identify(wrong.next().value ?? "", connection);
  assert.equal(await identify(fresh.accessToken, {}), "in");
});

test("identify() tells one connection what is wrong a few times at once, then later, then not at all", async () => {
  const { doorkeeper, clock, tokens } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  let cuts = 0;
  const one: Visitor = { ...visitor(), cut: () => void (cuts += 1) };
  const told: string[] = [];
  const { toldAtOnce, heldPerConnection } = wrongLimits;
  for (let n = 0; n < toldAtOnce + heldPerConnection + 1; n += 1) {
    void codeOf((async () => doorkeeper.identify("Bearer a.b.c", one))()).then((code) => {
      told.push(code);
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(told.length, Math.min(n + 1, toldAtOnce) + cuts, `after ${n}`);
  }
  assert.equal(cuts, 1);
  // Whoever else shows a wrong one hears of it at once, and what is good passes on that connection, too.
  assert.throws(() => doorkeeper.identify("Bearer a.b.c", visitor()), { code: "unauthenticated" });
  assert.ok(doorkeeper.identify(`Bearer ${tokens.accessToken}`, one));
  await clock.advance(allToldMs);
  await until(async () => told.length === toldAtOnce + heldPerConnection + 1);
  assert.deepEqual(new Set(told), new Set(["unauthenticated"]));
  // Nobody waits any more, and one may be told at once again.
  assert.throws(() => doorkeeper.identify("Bearer a.b.c", one), { code: "unauthenticated" });
});

test("identify() cuts newcomers with wrong tokens off when too many wait to be told", async () => {
  const { doorkeeper, clock } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  const { toldPerSecond, heldMax } = wrongLimits;
  let cuts = 0;
  const knock = () => {
    const one = { ...visitor(), cut: () => void (cuts += 1) };
    return codeOf((async () => doorkeeper.identify("Bearer a.b.c", one))());
  };
  const asked = Array.from({ length: toldPerSecond + heldMax + 50 }, knock);
  assert.equal(cuts, 50);
  await clock.advance(allToldMs);
  await soon("All refusals", Promise.all(asked));
  void knock();
  assert.equal(cuts, 50);
});

test("identify() gives the places of those who leave before they are told to others at once, and their turns", async () => {
  const { doorkeeper, clock } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  const { toldPerSecond, heldMax, heldMs } = wrongLimits;
  const left = new EventTarget();
  let cuts = 0;
  const knock = () => {
    const onceGone = (listener: () => void) => left.addEventListener("gone", listener);
    const one = { ...visitor(), cut: () => void (cuts += 1), onceGone };
    return codeOf((async () => doorkeeper.identify("Bearer a.b.c", one))());
  };
  const first = Array.from({ length: toldPerSecond + heldMax }, knock);
  for (let times = 0; times < 3; times += 1) {
    left.dispatchEvent(new Event("gone"));
    // oxlint-disable-next-line no-await-in-loop -- all of them have left before others come
    await soon("Those who left", Promise.all(first.splice(0)));
    first.push(...Array.from({ length: heldMax }, knock));
  }
  assert.equal(cuts, 0);
  left.dispatchEvent(new Event("gone"));
  await soon("Those who left", Promise.all(first));
  const last = knock();
  await clock.advance(heldMs + 1);
  assert.equal(await soon("The one that stays", last), "unauthenticated");
});

test("identify() looks at no signature of a session that was revoked", async () => {
  const { doorkeeper, realm, tokens } = await open();
  await using _ = doorkeeper;
  await doorkeeper.present;
  const revoked = await realm.createToken(ann);
  await realm.endSession(revoked.session);
  await until(
    async () => (await codeOf(comeIn(doorkeeper, { accessToken: revoked.token }))) !== "in",
  );
  const wrong = wrongOnes({ accessToken: revoked.token });
  const { checkedAtOnce, checkedPerSession } = wrongLimits;
  for (let n = 0; n <= checkedAtOnce + checkedPerSession; n += 1) {
    const asked = () => doorkeeper.identify(`Bearer ${wrong.next().value}`, visitor());
    assert.throws(asked, { code: "unauthenticated" });
  }
  assert.ok(doorkeeper.identify(`Bearer ${tokens.accessToken}`, visitor()));
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
