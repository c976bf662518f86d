import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createStoreAuth } from "../../blocks/auth/drivers/store.ts";
import { accessTokenMs } from "../../blocks/auth/index.ts";
import { createMemoryStore } from "../../blocks/store/drivers/memory.ts";
import { createLogger } from "../../core/log.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { soon } from "../../testing/soon.ts";
import { ServiceIdentities } from "./service-identities.ts";

const trip = { namespace: "default", name: "trip" };

async function openFixture() {
  const identity = await mkdtemp(join(tmpdir(), "reef-"));
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const table = createMemoryStore({ clock }).database("reef").table("auth");
  const sealKey = Buffer.alloc(32, 7);
  const auth = createStoreAuth({ table, sealKey, issuer: "reef:test", clock });
  const lines: string[] = [];
  const log = createLogger({ level: "debug", write: (line) => void lines.push(line) });
  const realm = auth.realm("default");
  return {
    auth,
    realm,
    clock,
    lines,
    open: () => new ServiceIdentities({ state: { identity }, auth, clock, log }),
    whoIn: async (file: string) => auth.verify(await readFile(file, "utf8"), "gateway"),
    sessions: async () => (await realm.sessions()).items.map(({ id }) => id),
    [Symbol.asyncDispose]: () => rm(identity, { recursive: true }),
  };
}

/** Files are written by the system, which a clock that stands still does not wait for. */
async function eventually(check: () => Promise<void>): Promise<void> {
  await soon(
    check.toString(),
    (async () => {
      for (;;) {
        const failed = await check().then(
          () => false,
          () => true,
        );
        if (!failed) return;
        await setImmediate();
      }
    })(),
  );
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

test("ServiceIdentities keep a file for a service alone, and renew it before it is worth nothing", async () => {
  await using it = await openFixture();
  await using identities = it.open();
  const file = await identities.begin(trip);
  assert.equal(await identities.begin(trip), file);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(dirname(file))).mode & 0o777, 0o700);
  const first = await it.whoIn(file);
  assert.deepEqual([first.account, first.scopes], ["service:trip", ["service"]]);
  for (let n = 0; n < 4; n += 1) {
    const before = await readFile(file, "utf8");
    await it.clock.advance(accessTokenMs / 2);
    await eventually(async () => assert.notEqual(await readFile(file, "utf8"), before));
  }
  assert.equal((await it.whoIn(file)).session, first.session);
  assert.deepEqual(await it.sessions(), [first.session]);
  const token = await readFile(file, "utf8");
  assert.ok(it.lines.every((line) => !line.includes(token)));
});

test("ServiceIdentities end the session with the service, and that of one that is gone", async () => {
  await using it = await openFixture();
  const identities = it.open();
  const file = await identities.begin(trip);
  const token = await readFile(file, "utf8");
  await identities.end(trip);
  assert.equal(await isThere(file), false);
  assert.equal(await isThere(dirname(file)), false, "the folder of its namespace is left");
  await assert.rejects(it.auth.verify(token, "gateway"), { code: "unauthenticated" });
  const left = await identities.begin({ ...trip, name: "gone" });
  await identities[Symbol.asyncDispose]();
  await using next = it.open();
  await next.keepOnly([trip]);
  assert.equal(await isThere(dirname(left)), false);
  assert.deepEqual(await it.sessions(), []);
});

test("ServiceIdentities go on with what a runtime that was killed has left", async () => {
  await using it = await openFixture();
  let file: string;
  let session: string;
  {
    await using killed = it.open();
    file = await killed.begin(trip);
    ({ session } = await it.whoIn(file));
  }
  const before = await readFile(file, "utf8");
  await it.clock.advance(accessTokenMs * 2);
  await using next = it.open();
  await next.keepOnly([trip]);
  next.resume(trip);
  await eventually(async () => assert.notEqual(await readFile(file, "utf8"), before));
  assert.equal((await it.whoIn(file)).session, session);
  assert.deepEqual(await it.sessions(), [session]);
});

test("ServiceIdentities renew at once what was revoked, and remove what may not be", async () => {
  await using it = await openFixture();
  await using identities = it.open();
  const file = await identities.begin(trip);
  await it.realm.changeAccount("service:trip", { scopes: ["service", "billing"] });
  await eventually(async () => {
    assert.deepEqual((await it.whoIn(file)).scopes, ["billing", "service"]);
  });
  await it.realm.changeAccount("service:trip", { disabled: true });
  await eventually(async () => assert.equal(await isThere(file), false));
  await assert.rejects(identities.begin({ ...trip, namespace: "default", name: "X" }), {
    code: "invalid_argument",
  });
});
