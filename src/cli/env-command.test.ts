import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runLine } from "./test-platform.ts";

test("env list has words for people, and no value for what is not there in JSON", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "reef-env-"));
  const run = async (...words: string[]) =>
    (await runLine(["env", ...words], { env: { XDG_CONFIG_HOME: folder.path } })).stdout;
  const url = "http://127.0.0.1:9081";
  await run("add", "staging", url);
  const shown = await run("list");
  assert.match(shown, /^\* +local +this machine +by file permission$/m);
  assert.match(shown, /^ +staging +http:\S+ +-$/m);
  assert.deepEqual(JSON.parse(await run("list", "--json")), {
    current: "local",
    environments: [{ name: "local" }, { name: "staging", url }],
  });
});
