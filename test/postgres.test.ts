/** Two platforms on one PostgreSQL: what one keeps the other finds, what one runs is not the other's to run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { missingForPostgres, openPostgresServer } from "../src/backends/postgres/test-server.ts";
import { textOf } from "../src/blocks/store/index.ts";
import { openPlatform } from "../src/framework/platform.ts";
import { openStateFolder, root, runReef, startPlatform } from "./test-command.ts";

test("two platforms on one PostgreSQL share what they keep, and not what they run", async (t) => {
  const missing = missingForPostgres();
  if (missing !== undefined) return t.skip(missing);
  await using server = await openPostgresServer();
  const backend = ["--backend", server.url];
  await using firstState = await openStateFolder();
  await using secondState = await openStateFolder();
  await using first = await startPlatform(firstState.path, backend);
  const greeter = join(root, "examples", "hello", "greeter.ts");
  const run = await runReef(["run", greeter, "--state", firstState.path]);
  assert.equal(run.code, 0, run.stderr);
  await using second = await startPlatform(secondState.path, backend);
  await using here = await openPlatform({ state: firstState.path });
  await using there = await openPlatform({ state: secondState.path });
  await here.store.table("notes").put("a", "1");
  assert.equal(textOf((await there.store.table("notes").get("a"))?.value ?? assert.fail()), "1");
  assert.equal((await here.runtime.list()).items.length, 1);
  assert.deepEqual((await there.runtime.list()).items, []);
  assert.doesNotMatch(first.output() + second.output(), /reef@/);
  return undefined;
});
