import assert from "node:assert/strict";
import { test } from "node:test";

import { openTestPlatform, runLine } from "./test-platform.ts";

test("namespace create, change, show, list and delete do what they say", async () => {
  await using platform = await openTestPlatform();
  const run = async (line: string) => runLine(["namespace", ...line.split(" ")], { platform });
  assert.equal((await run("create acme --keys 5")).stdout, "acme is there\n");
  assert.equal(
    (await run("create fix --base default")).stdout,
    "fix is there, a branch of default\n",
  );
  await run("change acme --calls-per-second 9 --without keys");
  assert.match((await run("show acme")).stdout, /^keys +no limit\n(.*\n)*calls-per-second +9\n$/m);
  const { stdout } = await run("list");
  assert.match(stdout, /^NAME +BASE +SINCE +QUOTAS\nacme +- +\S+ +calls-per-second 9\ndefault/);
  assert.match(stdout, /\nfix +default /);
  const deleted = await run("delete fix");
  assert.equal(deleted.stdout, "fix is gone\n");
  assert.match(deleted.stderr, /^Logs of its services stay in \/.*\/logs\/fix until .* audit says/);
  assert.equal((await run("delete fix")).stdout, "fix was not there\n");
});

test("namespace create says in words what a name may be", async () => {
  await using platform = await openTestPlatform();
  const { exitCode, stderr } = await runLine(["namespace", "create", "Acme"], { platform });
  assert.equal(exitCode, 2);
  assert.match(stderr, /Cannot name a namespace "Acme": it is a to z, 0 to 9 and - inside/);
});

test("namespace --json prints what the block says", async () => {
  await using platform = await openTestPlatform();
  const made = await runLine(["namespace", "create", "acme", "--bytes=7", "--json"], { platform });
  const { createdMs, ...rest } = JSON.parse(made.stdout) as { createdMs: number };
  assert.ok(createdMs > 0);
  assert.deepEqual(rest, { name: "acme", quotas: { bytes: 7 } });
  const list = await runLine(["namespace", "list", "--json"], { platform });
  const { namespaces } = JSON.parse(list.stdout) as { namespaces: { name: string }[] };
  assert.deepEqual(
    namespaces.map(({ name }) => name),
    ["acme", "default", "reef"],
  );
});

test("namespace refuses slips, and says what was meant", async () => {
  await using platform = await openTestPlatform();
  const table: readonly (readonly [string, RegExp])[] = [
    ["create", /Missing NAME/],
    ["creat acme", /did you mean "create"/],
    ["list acme", /Unexpected word "acme"/],
    ["show defualt", /there is none \(did you mean "default"\?\)\n.*reef namespace list/],
    ["show acme --force", /--force means nothing to show/],
    ["change default", /Nothing to change/],
    ["change default --without key", /did you mean "keys"/],
    ["create a --base b", /there is no namespace "b"/],
    ["delete default", /every platform has it/],
  ];
  for (const [line, said] of table) {
    const { stderr, exitCode } = await runLine(["namespace", ...line.split(" ")], { platform });
    assert.match(stderr, said);
    assert.notEqual(exitCode, 0);
  }
});

test("--namespace of one that is not there says so, and what to type", async () => {
  await using platform = await openTestPlatform();
  await platform.namespaces.create({ name: "acme" });
  for (const line of ["services", "list", "store list", "auth rules", "logs", "greeter hello"]) {
    const words = [...line.split(" "), "--namespace", "other"];
    const { stderr, exitCode } = await runLine(words, { platform });
    assert.equal(exitCode, 1, line);
    assert.match(stderr, /namespace "other": there is none\n.*reef namespace create other\n/);
  }
  const near = await runLine(["services", "--namespace", "acmee"], { platform });
  assert.match(near.stderr, /did you mean "acme"\?\)\n.*reef namespace list\n/);
  assert.equal((await runLine(["services", "--namespace", "acme"], { platform })).exitCode, 0);
});
