import assert from "node:assert/strict";
import { test } from "node:test";
import { createStoreAuth } from "../blocks/auth/drivers/store.ts";
import { authService } from "../blocks/auth/service.ts";
import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import { openTestPlatform, runLine } from "./test-platform.ts";

test("auth create prints a secret that logs in, once and alone on stdout", async () => {
  await using platform = await openTestPlatform();
  const made = await runLine(["auth", "create", "ann", "--scope", "staff"], { platform });
  assert.equal(made.exitCode, 0);
  assert.match(made.stdout, /^[\w-]{22}\n$/);
  assert.match(made.stderr, /^This is the secret of user:ann\. It is not shown again\.\n$/);
  assert.ok(await platform.auth.login("user:ann", made.stdout.trim()));
  const list = await runLine(["auth", "accounts"], { platform });
  assert.match(
    list.stdout,
    /^ACCOUNT +STATE +SINCE +SCOPES\nuser:ann +enabled +\d{4}-\d\d-\d\d +staff\n$/,
  );
});

test("auth create and renew take a secret from stdin, and never print it", async () => {
  await using platform = await openTestPlatform();
  const stdin = "my own long secret\n";
  const made = await runLine(["auth", "create", "ann", "--stdin"], { platform, stdin });
  assert.equal(made.stdout, "user:ann has the secret that was given\n");
  assert.ok(await platform.auth.login("user:ann", "my own long secret"));
  const renewed = await runLine(["auth", "renew", "ann", "--json"], { platform });
  const { secret } = JSON.parse(renewed.stdout);
  assert.ok(await platform.auth.login("user:ann", secret));
  await assert.rejects(platform.auth.login("user:ann", "my own long secret"));
});

test("auth put-rule, rules and explain say who may do what, and why", async () => {
  await using platform = await openTestPlatform();
  const run = (...words: string[]) => runLine(["auth", ...words], { platform });
  await run("create", "ann", "--scope", "staff");
  assert.equal(
    (await run("explain", "ann", "service:pay:refund")).stdout,
    "denied: no rule grants it\n",
  );
  await run("put-rule", "staff", "--scope", "staff", "--resource", "service");
  const deny = ["--scope", "staff", "--resource", "service:pay", "--deny", "--priority", "10"];
  assert.equal((await run("put-rule", "no-pay", ...deny)).stdout, "no-pay: denied service:pay:*\n");
  assert.equal(
    (await run("explain", "ann", "service:pay:refund")).stdout,
    'denied: rule "no-pay" (priority 10, scope staff)\n',
  );
  assert.match(
    (await run("explain", "ann", "service:greeter:hello")).stdout,
    /^granted: rule "staff"/,
  );
  assert.match((await run("explain", "-", "service:greeter:hello")).stdout, /^denied/);
  const { stdout } = await run("rules");
  assert.deepEqual(
    stdout.split("\n").map((line) => line.split(/ {2,}/)[0]),
    ["RULE", "no-pay", "staff", ""],
  );
  assert.equal((await run("delete-rule", "staff")).stdout, "staff is deleted\n");
});

test("auth token, sessions and end give a token to a program and take it back", async () => {
  await using platform = await openTestPlatform();
  const run = (...words: string[]) => runLine(["auth", ...words], { platform });
  await run("create", "service:trip");
  const made = JSON.parse(
    (await run("token", "service:trip", "--ttl", "300d", "--note", "deploy", "--json")).stdout,
  );
  assert.equal(made.token.split(".").length, 3);
  const { sessions } = JSON.parse((await run("sessions", "--json")).stdout);
  assert.deepEqual([sessions[0].id, sessions[0].note], [made.session, "deploy"]);
  assert.equal(sessions[0].expiresMs - sessions[0].createdMs, 300 * 86_400_000);
  for (const ttl of ["400d", "0s"]) {
    // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
    const refused = await run("token", "service:trip", "--ttl", ttl);
    assert.match(refused.stderr, /Flag --ttl must be a duration .*at least 1s and at most 366d/);
  }
  assert.equal((await run("end", made.session)).stdout, `${made.session} has ended\n`);
  assert.match(
    (await run("audit")).stdout,
    /^TIME \(UTC\) +EVENT +WHO +WHAT +CALLS +AT\n.*token ended +service:trip\n/,
  );
});

test("auth audit shows who was let in by which rule, and only what is asked for", async () => {
  await using platform = await openTestPlatform();
  const run = (...words: string[]) => runLine(["auth", "audit", ...words], { platform });
  assert.equal((await run()).stderr, "Nothing has happened yet\n");
  const timeMs = Date.now();
  const call = { subject: "user:ann", resource: "service:pay:refund", timeMs, calls: 7 };
  const forEve = { ...call, subject: "service:trip", onBehalfOf: "user:eve" };
  await platform.auth.report([
    { ...call, event: "call allowed", rule: "staff" },
    { ...call, event: "call refused", rule: "closed", timeMs: timeMs - 1 },
    { ...call, event: "call refused", subject: "nobody", timeMs: timeMs - 2 },
    { event: "token refused", subject: "nobody", rule: "it has expired", timeMs: timeMs - 3 },
    { ...forEve, event: "call allowed", rule: "accounts", timeMs: timeMs - 4 },
  ]);
  const linesOf = ({ stdout }: { readonly stdout: string }) =>
    stdout
      .split("\n")
      .slice(1, -1)
      .map((line) => line.split(/ {2,}/).slice(1).join(" | "));
  const refused = [
    "refused by closed | user:ann | service:pay:refund | 7",
    "refused: no rule | nobody | service:pay:refund | 7",
    "token refused | nobody | it has expired",
  ];
  const behalf = "allowed by accounts | service:trip for user:eve | service:pay:refund | 7";
  const all = ["allowed by staff | user:ann | service:pay:refund | 7", ...refused, behalf];
  assert.deepEqual(linesOf(await run()), all);
  assert.deepEqual(linesOf(await run("--refused")), refused);
  assert.deepEqual(linesOf(await run("--refused", "--account", "ann")), refused.slice(0, 1));
  assert.deepEqual(linesOf(await run("--account", "nobody")), refused.slice(1));
  assert.deepEqual(linesOf(await run("--account", "eve")), [behalf]);
  assert.deepEqual(linesOf(await run("--account", "service:trip")), [behalf]);
  assert.deepEqual(linesOf(await run("--resource", "service:pay")), [...all.slice(0, 3), behalf]);
  assert.deepEqual(linesOf(await run("--since", "1h")), all);
  const one = await run("--limit", "1");
  assert.equal(linesOf(one).length, 1);
  assert.match(one.stderr, /^These are the newest 1; --limit 4 shows more/);
  assert.match((await run("--account", "zoe")).stderr, /^Nothing of that is in the audit/);
  const { entries, more } = JSON.parse((await run("--json", "--limit", "3")).stdout);
  assert.deepEqual([entries.length, entries[0].calls, more], [3, 7, true]);
});

const mistakes: readonly [line: string, text: RegExp][] = [
  ["accounts ann", /Unexpected word "ann" after accounts/],
  ["create", /Missing ID/],
  ["explain ann", /Missing RESOURCE/],
  ["explain ann service::x", /it is TYPE:NAME:ENDPOINT/],
  ["creat ann", /Unknown action "creat".*create/s],
  ["create ann --force", /Flag --force means nothing to create/],
  ["change ann", /Nothing to change/],
  ["change ann --disable --enable", /not both/],
  ["put-rule r --resource service", /Give one --scope/],
  ["put-rule r --scope staff", /Missing --resource/],
  ["accounts --refused", /Flag --refused means nothing to accounts/],
  ["audit --resource pay", /"pay" is no type of resource.*write service:pay/],
  ["explain ann pay", /"pay" is no type of resource.*write service:pay/],
  ["put-rule r --scope staff --resource pay:refund", /write service:pay:refund/],
  [
    "put-rule r --scope staff --deny --resource block:auth:put-rule",
    /"auth" has no method "put-rule" \(did you mean "putRule"\?\); there are account, /,
  ],
  ["put-rule r --scope staff --resource block:stor", /no part "stor" \(did you mean "store"\?\)/],
  ["explain ann block:entrance:pages", /"entrance" has no method "pages"; there are contracts, /],
];

for (const [line, text] of mistakes) {
  test(`auth ${line} is refused with exit code 2 and what to do`, async () => {
    const { exitCode, stdout, stderr } = await runLine(["auth", ...line.split(" ")]);
    assert.deepEqual([exitCode, stdout], [2, ""]);
    assert.match(stderr, text);
    assert.match(stderr, /try: reef auth --help/);
  });
}

test("auth change says what became of the account and its tokens", async () => {
  await using platform = await openTestPlatform();
  const run = async (...words: string[]) =>
    (await runLine(["auth", "change", "ann", ...words], { platform })).stdout;
  await platform.auth.createAccount({ id: "user:ann" });
  assert.match(
    await run("--scope", "staff"),
    /^user:ann has these scopes now;.*API tokens have ended/,
  );
  assert.match(await run("--disable"), /^user:ann is disabled; its tokens are refused/);
  assert.match(await run("--enable"), /^user:ann is enabled; it may log in again/);
});

test("auth rotate-keys makes a key that signs from now on", async () => {
  const auth = createStoreAuth({
    table: createMemoryStore().database("reef").table("auth"),
    sealKey: Buffer.alloc(32),
    issuer: "reef:test",
  });
  await using platform = await openTestPlatform([authService(auth)]);
  await auth.rotateKeys();
  const before = (await auth.keys()).keys.length;
  const shown = await runLine(["auth", "keys"], { platform });
  assert.match(
    shown.stdout,
    /^KEY +STATE +SIGNS SINCE +UNTIL\n\S+ +published, signs next +\S+ +-\n$/,
  );
  const { exitCode, stdout } = await runLine(["auth", "rotate-keys"], { platform });
  assert.deepEqual(
    [exitCode, stdout],
    [0, "A new key signs soon; tokens stay good until they expire\n"],
  );
  assert.ok((await auth.keys()).keys.length > before);
});

test("auth says in words what a name may be, and how one that is there gets another secret", async () => {
  await using platform = await openTestPlatform();
  const run = (...words: string[]) => runLine(["auth", ...words], { platform });
  const named = await run("create", "Ann B");
  assert.equal(named.exitCode, 2);
  assert.match(
    named.stderr,
    /Cannot name an account "user:Ann B": it is ann, user:ann or service:trip, of a to z/,
  );
  const bad: readonly [line: string, text: RegExp][] = [
    ["create bob --scope BAD!", /Cannot name a scope "BAD!": it is a to z/],
    ["put-rule r --scope A! --resource service", /Cannot name a scope "A!": it is a to z.*or \* /],
    ["explain ann! service:x", /Cannot name an account "user:ann!": it is ann, user:ann/],
    ["create zed --stdin", /Cannot take this secret: it must have at least 12 characters, has 0/],
  ];
  for (const [line, text] of bad) {
    // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
    const { exitCode, stderr } = await run(...line.split(" "));
    assert.equal(exitCode, 2, line);
    assert.match(stderr, text);
    assert.doesNotMatch(stderr, /pattern/);
  }
  assert.match((await run("end", "none")).stderr, /"reef auth sessions" lists those/);
  const rule = await run("put-rule", "My rule", "--scope", "staff", "--resource", "service");
  assert.match(rule.stderr, /Cannot name a rule "My rule": it is a to z/);
  await run("create", "ann");
  assert.match((await run("create", "ann")).stderr, /there already; "reef auth renew user:ann"/);
});

test("auth delete of the last owner is refused with what to do, and done with --force", async () => {
  await using platform = await openTestPlatform();
  const run = (...words: string[]) => runLine(["auth", ...words], { platform });
  await run("put-rule", "owner", "--scope", "owner", "--resource", "*");
  await run("create", "ann", "--scope", "owner");
  const refused = await run("delete", "ann");
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /nobody in the namespace "default" could change rules then/);
  assert.equal((await run("delete", "ann", "--force")).stdout, "user:ann is deleted\n");
});
