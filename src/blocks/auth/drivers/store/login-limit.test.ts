import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../../../testing/manual-clock.ts";
import { sessionsMax } from "../../index.ts";
import { LoginLimit } from "./login-limit.ts";
import { SecretHashes } from "./secrets.ts";
import { cheapHash, openTestAuth } from "./test-auth.ts";

test("begin() lets so many logins of one account be checked at once, and others beside them", () => {
  const limit = new LoginLimit(createManualClock());
  const underway = Array.from({ length: 16 }, () => limit.begin("default/user:ann"));
  const full = { code: "resource_exhausted", message: /16 logins of this account/ };
  assert.throws(() => limit.begin("default/user:ann"), full);
  limit.begin("default/user:bob")[Symbol.dispose]();
  underway[0]?.[Symbol.dispose]();
  limit.begin("default/user:ann")[Symbol.dispose]();
});

test("succeeded() lets an account log in as often as it may have sessions, then every ten seconds", async () => {
  const clock = createManualClock();
  const limit = new LoginLimit(clock);
  for (let n = 0; n < sessionsMax; n += 1) limit.succeeded("default/user:ann");
  assert.throws(() => limit.succeeded("default/user:ann"), {
    code: "resource_exhausted",
    message: /100 times in a row, the limit; .* try again in 10 s/,
  });
  limit.succeeded("default/user:bob");
  await clock.advance(10_000);
  limit.succeeded("default/user:ann");
  assert.throws(() => limit.succeeded("default/user:ann"), { code: "resource_exhausted" });
});

test("login() writes down once in a while that strangers come, and none of the names that they make up", async () => {
  await using it = await openTestAuth();
  const realm = it.auth.realm("default");
  const guess = (name: string) => assert.rejects(realm.login(name, "a guess"));
  const noted = async () => (await realm.audit()).items.map(({ subject }) => subject);
  for (let n = 0; n < 20; n += 1) await guess(`user:nobody-${n}`);
  assert.deepEqual(await noted(), ["user:nobody"]);
  await it.advance(60_000);
  await guess("user:late");
  assert.deepEqual(await noted(), ["user:nobody", "user:nobody"]);
});

test("fits() looks first at secrets of those who have logged in before, however many strangers wait", async () => {
  const hashes = new SecretHashes(cheapHash);
  const kept = await hashes.of("a secret of Ann");
  const seen: string[] = [];
  const knock = async (who: string, isKnown: boolean) => {
    const fits = await hashes.fits("a secret of Ann", isKnown ? kept : undefined, { isKnown });
    seen.push(`${who} ${fits}`);
  };
  // Two at the most are looked at, and 64 wait.
  const strangers = Array.from({ length: 100 }, (_, n) => knock(`stranger ${n}`, false));
  const ann = knock("ann", true);
  const told = await Promise.allSettled(strangers);
  await ann;
  const refused = told.filter(({ status }) => status === "rejected").length;
  assert.ok(refused >= 100 - 66, `${refused}`);
  assert.ok(seen.indexOf("ann true") <= 2, seen.slice(0, 5).join());
});

test("login() lets in who has logged in before while strangers fill the queue, after a restart too", async () => {
  await using it = await openTestAuth();
  const secret = "a secret of Ann";
  await it.auth.realm("default").createAccount({ id: "user:ann", secret });
  await it.auth.realm("default").login("user:ann", secret);
  const realm = it.again().realm("default");
  const strangers = Array.from({ length: 200 }, (_, n) => realm.login(`user:nobody-${n}`, secret));
  const ann = realm.login("user:ann", secret);
  const told = await Promise.allSettled(strangers);
  const isFull = (one: PromiseSettledResult<unknown>) =>
    one.status === "rejected" && /64 others wait/.test(String(one.reason));
  assert.ok(told.some(isFull));
  assert.ok((await ann).accessToken);
});
