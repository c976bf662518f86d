import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestAuth } from "../../blocks/auth/drivers/store/test-auth.ts";
import type { Rule } from "../../core/access-rules.ts";
import type { AuditReport } from "../../core/audit.ts";
import { ReefError } from "../../core/errors.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { Doorkeeper, methodResource } from "../doorkeeper.ts";
import { DecisionLog, lookMs, soonMs } from "./decision-log.ts";
import type { Place } from "./decisions.ts";

const wallMs = 1_800_000_000_000;
const hello = methodResource("greeter", "hello");
const place = { namespace: "default", resource: hello };
const rule: Rule = {
  id: "open",
  scope: "",
  resource: { type: "service", name: "*", endpoint: "*" },
  access: "granted",
  priority: 0,
};
const granted = { allowed: true, rule };

/** A log, with what it has told and to which namespace; auth can be made to be away. */
function openLog() {
  const clock = createManualClock({ wallMs });
  const told: (readonly [namespace: string, report: AuditReport])[] = [];
  const state = { isAway: false, calls: 0, forgotten: 0 };
  const log = new DecisionLog({
    namespace: "default",
    async tell(namespace, reports) {
      state.calls += 1;
      if (state.isAway) throw new ReefError("unavailable", "away");
      told.push(...reports.map((report) => [namespace, report] as const));
    },
    clock,
    log: undefined,
    forgotten: () => void (state.forgotten += 1),
  });
  return { clock, told, state, log };
}

const known = (account: string, namespace = "default") =>
  ({ account, namespace, scopes: [], session: "s", generation: 1, expiresMs: Infinity }) as const;

function ann() {
  return { ...known("user:ann"), audience: undefined, actor: undefined };
}

test("a decision is told within a second, with the rule, and once however often it is asked", async () => {
  const { clock, told, state, log } = openLog();
  await using _ = log;
  const tally = log.tally(ann(), place, granted);
  for (let n = 0; n < 5; n += 1) log.tally(ann(), place, granted).calls += 1;
  assert.equal(log.tally(ann(), place, granted), tally);
  await clock.advance(soonMs);
  assert.deepEqual(told, [
    [
      "default",
      {
        event: "call allowed",
        subject: "user:ann",
        resource: "service:greeter:hello",
        rule: "open",
        sinceMs: wallMs,
        timeMs: wallMs,
        calls: 5,
      },
    ],
  ]);
  // Who says nothing more costs nothing more.
  await clock.advance(30 * lookMs);
  assert.equal(state.calls, 1);
});

test("what goes on is told after a minute, then ever later, and no call is lost or told twice", async () => {
  const { clock, told, log } = openLog();
  const tally = log.tally(undefined, place, granted);
  let made = 0;
  const minutes = 24 * 60;
  for (let n = 0; n < minutes; n += 1) {
    tally.calls += 7;
    made += 7;
    // oxlint-disable-next-line no-await-in-loop
    await clock.advance(lookMs);
  }
  assert.ok(told.length >= 24 && told.length <= 40, `${told.length} in a day`);
  await log[Symbol.asyncDispose]();
  const sum = told.reduce((all, [, { calls = 0 }]) => all + calls, 0);
  assert.equal(sum, made);
  assert.ok(told.every(([, { subject }]) => subject === "nobody"));
  for (const [index, [, { sinceMs = 0, timeMs }]] of told.entries()) {
    assert.ok(sinceMs <= timeMs);
    assert.ok(index === 0 || sinceMs >= (told[index - 1]?.[1].timeMs ?? 0));
  }
});

test("while auth is away decisions wait, and are told when it is back", async () => {
  const { clock, told, state, log } = openLog();
  await using _ = log;
  state.isAway = true;
  const tally = log.tally(ann(), place, granted);
  tally.calls += 1;
  await clock.advance(300_000);
  tally.calls += 1;
  const tried = state.calls;
  assert.ok(tried > 5 && tried < 30, `${tried}`);
  state.isAway = false;
  await clock.advance(31_000);
  assert.deepEqual(
    told.map(([, { calls }]) => calls),
    [2],
  );
});

test("one account with many different calls is a few entries more, and others are told as ever", async () => {
  const { clock, told, log } = openLog();
  await using _ = log;
  for (let n = 0; n < 5_000; n += 1) {
    const resource = methodResource("greeter", `m-${n}`);
    log.tally(ann(), { namespace: "default", resource }, { allowed: false }).calls += 1;
  }
  log.tally(undefined, place, granted).calls += 1;
  for (let n = 0; n < 10; n += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await clock.advance(soonMs);
  }
  assert.ok(told.length <= 260, `${told.length}`);
  const sum = told.reduce((all, [, { calls = 0 }]) => all + calls, 0);
  assert.equal(sum, 5_001);
  assert.ok(
    told.some(([, { subject, resource }]) => subject === "user:ann" && resource === "*:*:*"),
  );
  assert.ok(told.some(([, { subject }]) => subject === "nobody"));
});

test("a decision about a service is a line for each on whose behalf it called, and for itself", async () => {
  const { clock, told, log } = openLog();
  await using _ = log;
  const trip = { ...ann(), account: "service:trip" };
  const user = (id: string, namespace = "default") =>
    ({ kind: "user", id, namespace, scopes: [] }) as const;
  const calls: readonly (Place["subject"] | undefined)[] = [
    undefined,
    { kind: "anonymous" },
    { kind: "service", id: "service:trip", namespace: "default", scopes: [] },
    user("user:ann"),
    user("user:ann"),
    user("user:ann", "acme"),
  ];
  for (const subject of calls) log.tally(trip, { ...place, subject }, granted).calls += 1;
  await clock.advance(soonMs);
  assert.deepEqual(
    told.map(([, { subject, onBehalfOf, calls: count }]) => [subject, onBehalfOf, count]),
    [
      ["service:trip", undefined, 3],
      ["service:trip", "user:ann", 2],
      ["service:trip", "acme/user:ann", 1],
    ],
  );
});

test("of very many on whose behalf a service calls the last are told as others, and no decision is coarser for it", async () => {
  const { clock, told, log } = openLog();
  await using _ = log;
  const trip = { ...ann(), account: "service:trip" };
  const methods = ["a", "b", "c"].map((name) => methodResource("greeter", name));
  for (let n = 0; n < 3_000; n += 1) {
    const subject = { kind: "user", id: `user:u${n}`, namespace: "default", scopes: [] } as const;
    for (const resource of methods) {
      log.tally(trip, { namespace: "default", resource, subject }, granted).calls += 1;
    }
  }
  log.tally(trip, place, granted).calls += 1;
  for (let n = 0; n < 5; n += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await clock.advance(soonMs);
  }
  assert.equal(told.length, 128 + methods.length + 1);
  const sum = told.reduce((all, [, { calls = 0 }]) => all + calls, 0);
  assert.equal(sum, 9_001);
  const others = told.filter(([, { onBehalfOf }]) => onBehalfOf === "others");
  assert.deepEqual(
    others.map(([, { resource, rule: by }]) => [resource, by]).toSorted(),
    ["a", "b", "c"].map((name) => [`service:greeter:${name}`, "open"]),
  );
});

test("at its end it tells all that is left, in as many calls as it takes", async () => {
  const { told, log } = openLog();
  for (let n = 0; n < 250; n += 1) {
    const resource = methodResource("greeter", `m-${n}`);
    log.tally(ann(), { namespace: "default", resource }, granted).calls += 1;
  }
  await log[Symbol.asyncDispose]();
  assert.equal(told.length, 250);
});

test("many accounts fill the log to its limit, and what is beyond is counted", async () => {
  const { clock, told, state, log } = openLog();
  await using _ = log;
  for (let n = 0; n < 5_000; n += 1) {
    const one = { ...ann(), account: `user:u${n}` };
    log.tally(one, place, granted).calls += 1;
  }
  for (let n = 0; n < 60; n += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await clock.advance(soonMs);
  }
  const counts = { written: 0, beyond: 0 };
  for (const [, { event, calls = 0 }] of told) {
    counts[event === "not written" ? "beyond" : "written"] += calls;
  }
  assert.deepEqual(counts, { written: 4_096, beyond: 5_000 - 4_096 });
  // Those who are gone make room, and who remembers a tally has to ask again.
  await clock.advance(2 * 3_600_000);
  assert.ok(state.forgotten > 0);
  log.tally({ ...ann(), account: "user:late" }, place, granted).calls += 1;
  await clock.advance(soonMs);
  assert.equal(told.at(-1)?.[1].subject, "user:late");
});

test("check() counts for who remembers, names the rule of each answer, and a wrong token by what is wrong", async () => {
  const { auth } = await openTestAuth();
  const realm = auth.realm("default");
  await realm.putRule({ ...rule, scope: "staff", id: "staff" });
  await realm.createAccount({ id: "user:ann", scopes: ["staff"] });
  const { token } = await realm.createToken("user:ann");
  const clock = createManualClock({ wallMs });
  const told: AuditReport[] = [];
  const audit = {
    namespace: "default",
    tell: async (_namespace: string, reports: readonly AuditReport[]) => void told.push(...reports),
  };
  await using doorkeeper = new Doorkeeper({ auth, audience: "gateway", audit, clock });
  await doorkeeper.present;
  const visitor = { connection: {}, cut() {}, onceGone() {} };
  const someone = await doorkeeper.identify(`Bearer ${token}`, visitor);
  const tally = doorkeeper.check(someone, { namespace: "default", resource: hello });
  tally.calls += 1;
  assert.equal(doorkeeper.check(someone, { namespace: "default", resource: hello }), tally);
  assert.throws(() => doorkeeper.check(undefined, { namespace: "default", resource: hello }));
  for (const bad of [`Bearer ${token}x`, "Bearer a.b.c", "Basic YTpi"]) {
    assert.throws(() => doorkeeper.identify(bad, visitor));
  }
  await clock.advance(soonMs);
  const lines = told.map(({ event, subject, rule: by, calls }) => [event, subject, by, calls]);
  assert.deepEqual(lines.toSorted(), [
    ["call allowed", "user:ann", "staff", 3],
    ["call refused", "nobody", undefined, 1],
    ["token refused", "nobody", "it is not Bearer and a token", 1],
    ["token refused", "nobody", "its signature has another length", 2],
  ]);
  assert.ok(!JSON.stringify(told).includes(token.slice(0, 20)));
});
