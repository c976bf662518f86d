import assert from "node:assert/strict";
import { test } from "node:test";

import { createStoreAuth } from "../blocks/auth/drivers/store.ts";
import { accessTokenMs, type Realm } from "../blocks/auth/index.ts";
import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import { ReefError } from "../core/errors.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { soon } from "../testing/soon.ts";
import { IssuedIdentity } from "./issued-identity.ts";

function openFixture() {
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const table = createMemoryStore({ clock }).database("reef").table("auth");
  const auth = createStoreAuth({ table, clock, issuer: "reef:test", sealKey: Buffer.alloc(32, 7) });
  const realm = auth.realm("default");
  const it = { isAway: false, asked: 0 };
  async function ask<T>(use: (realm: Realm) => Promise<T>): Promise<T> {
    it.asked += 1;
    if (it.isAway) throw new ReefError("unavailable", "Cannot reach the platform");
    return await use(realm);
  }
  const account = "service:trip";
  const said: string[] = [];
  const log = {
    info: (text: string) => void said.push(text),
    warn: (text: string) => void said.push(text),
  };
  const open = () => IssuedIdentity.open({ account, ask, clock, log });
  const sessions = async () => (await realm.sessions()).items.map(({ id }) => id);
  return Object.assign(it, { auth, realm, clock, said, open, sessions });
}

function nextOf(identity: IssuedIdentity): Promise<void> {
  return soon(
    "Another token",
    new Promise((resolve) => {
      const listening = identity.onChange(() => {
        listening[Symbol.dispose]();
        resolve();
      });
    }),
  );
}

test("a service that was started by hand is what the runtime would have made of it, in one session", async () => {
  const it = openFixture();
  const identity = await it.open();
  const first = await it.auth.verify(identity.token() ?? "", "gateway");
  assert.deepEqual([first.account, first.scopes], ["service:trip", ["service"]]);
  for (let n = 0; n < 3; n += 1) {
    const next = nextOf(identity);
    await it.clock.advance(accessTokenMs / 2 + 15_000);
    await next;
  }
  assert.equal((await it.auth.verify(identity.token() ?? "", "gateway")).session, first.session);
  assert.deepEqual(await it.sessions(), [first.session]);
  await identity[Symbol.asyncDispose]();
  await identity[Symbol.asyncDispose]();
  assert.deepEqual(await it.sessions(), []);
});

test("while the platform is away it keeps what it has, and gets the next one when it is back", async () => {
  const it = openFixture();
  await using identity = await it.open();
  const before = identity.token();
  it.isAway = true;
  await it.clock.advance(accessTokenMs * 2);
  assert.equal(identity.token(), before);
  assert.ok(it.asked > 1);
  const next = nextOf(identity);
  it.isAway = false;
  // Its waits are of 5 s and jitter, which is up to half as much again.
  await it.clock.advance(7_500);
  await next;
  const { account } = await it.auth.verify(identity.token() ?? "", "gateway");
  assert.equal(account, "service:trip");
});

test("whoever may give nobody an identity gives none", async () => {
  const it = openFixture();
  it.isAway = true;
  await assert.rejects(it.open(), { code: "unavailable" });
  assert.deepEqual(await it.sessions(), []);
});

/** Tells the identity of what is revoked, as the watch of auth does. */
async function follow(
  { auth }: ReturnType<typeof openFixture>,
  identity: IssuedIdentity,
  signal: AbortSignal,
) {
  for await (const event of auth.watch({ signal })) {
    if (event.kind === "revoked") identity.hear(event);
  }
}

test("a session that is revoked is followed by another one at once, and by none for a disabled account", async () => {
  const it = openFixture();
  await using identity = await it.open();
  const controller = new AbortController();
  const following = follow(it, identity, controller.signal);
  const [first = ""] = await it.sessions();
  let next = nextOf(identity);
  await it.realm.endSession(first);
  await next;
  const second = await it.auth.verify(identity.token() ?? "", "gateway");
  assert.notEqual(second.session, first);
  next = nextOf(identity);
  await it.realm.changeAccount("service:trip", { disabled: true });
  await next;
  assert.equal(identity.token(), undefined);
  assert.match(
    it.said.join(),
    /^service:trip may not act on the platform any more: "reef auth change service:trip --enable"/,
  );
  await it.realm.changeAccount("service:trip", { disabled: false });
  next = nextOf(identity);
  await it.clock.advance(7_500);
  await next;
  assert.equal((await it.auth.verify(identity.token() ?? "", "gateway")).account, "service:trip");
  assert.match(it.said.at(-1) ?? "", /^service:trip may act on the platform again$/);
  controller.abort();
  await following;
});

test("a deleted account is not made anew, and its service stops acting and says so once", async () => {
  const it = openFixture();
  await using identity = await it.open();
  const next = nextOf(identity);
  await it.realm.deleteAccount("service:trip");
  identity.refused();
  await next;
  assert.equal(identity.token(), undefined);
  await it.clock.advance(60_000);
  assert.equal(await it.realm.account("service:trip"), undefined);
  assert.equal(it.said.length, 1);
  assert.match(it.said[0] ?? "", /start this service again/);
});
