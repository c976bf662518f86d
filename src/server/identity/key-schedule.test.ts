import assert from "node:assert/strict";
import { test } from "node:test";
import { createStoreAuth } from "../../blocks/auth/drivers/store.ts";
import type { Auth } from "../../blocks/auth/index.ts";
import { createMemoryStore } from "../../blocks/store/drivers/memory.ts";
import { ReefError } from "../../core/errors.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { openKeySchedule } from "./key-schedule.ts";

const dayMs = 86_400_000;

/** Two auths with one seal on one store, as two processes of one platform are for a moment. */
async function openFixture() {
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const table = createMemoryStore({ clock }).database("reef").table("auth");
  const options = { table, clock, issuer: "reef:test", sealKey: Buffer.alloc(32, 7) };
  const auth = createStoreAuth({ ...options, keyPeriodMs: 10 * dayMs });
  const other = createStoreAuth({ ...options, keyPeriodMs: 10 * dayMs });
  const realm = auth.realm("default");
  await realm.createAccount({ id: "service:trip" });
  const warned: string[] = [];
  const looks = new Set<Promise<void>>();
  const schedule = ({ rotateKeys }: Auth) =>
    openKeySchedule({
      keys: "the signing keys",
      rotate(signal) {
        const look = rotateKeys({ ifDue: true, by: "the clock", signal });
        looks.add(look);
        return look;
      },
      clock,
      log: { warn: (message) => void warned.push(message) },
    });
  /** Keys are made by other threads, for which a clock that is moved does not wait. */
  async function advance(ms: number): Promise<void> {
    await clock.advance(ms);
    await Promise.all(looks);
    looks.clear();
  }
  const kid = (token: string) => token.split(".", 1)[0] ?? "";
  const token = async () => (await realm.issue("service:trip")).accessToken;
  const states = async () => (await auth.keys()).uses.map(({ state }) => state);
  return { auth, other, realm, clock, warned, schedule, advance, kid, token, states };
}

test("openKeySchedule() rotates by itself, one key for two who look, and no token is refused", async () => {
  const it = await openFixture();
  const kids = new Set<string>();
  await using stack = new AsyncDisposableStack();
  for (const auth of [it.auth, it.other]) stack.use(it.schedule(auth));
  for (let days = 0; days < 35; days += 0.5) {
    // oxlint-disable-next-line no-await-in-loop -- one half of a day after the other
    const token = await it.token();
    // oxlint-disable-next-line no-await-in-loop
    assert.equal((await it.other.verify(token, "gateway")).account, "service:trip");
    kids.add(it.kid(token));
    // oxlint-disable-next-line no-await-in-loop
    await it.advance(dayMs / 2);
  }
  assert.equal(kids.size, 4);
  assert.deepEqual(await it.states(), ["signs"]);
  const { items } = await it.realm.audit();
  const rotated = items.filter(({ event }) => event === "keys rotated");
  assert.deepEqual(
    rotated.map(({ by }) => by),
    ["the clock", "the clock", "the clock"],
  );
});

test("openKeySchedule() makes up for the time that a platform was off, as soon as it is back", async () => {
  const it = await openFixture();
  const before = it.kid(await it.token());
  await it.advance(100 * dayMs);
  await using stack = new AsyncDisposableStack();
  stack.use(it.schedule(it.auth));
  await it.advance(0);
  await it.advance(60_000);
  assert.deepEqual(await it.states(), ["retired", "signs"]);
  assert.notEqual(it.kid(await it.token()), before);
});

test("openKeySchedule() says once that it cannot look, and looks again soon", async () => {
  const it = await openFixture();
  const log = { warn: (message: string) => void it.warned.push(message) };
  let looks = 0;
  async function rotate() {
    looks += 1;
    if (looks < 4) throw new ReefError("unavailable", "Cannot reach the store");
  }
  await using stack = new AsyncDisposableStack();
  stack.use(openKeySchedule({ keys: "the signing keys", rotate, clock: it.clock, log }));
  await it.clock.advance(5 * 60_000);
  assert.equal(looks, 4);
  assert.deepEqual(it.warned, ["The age of the signing keys is not known"]);
});
