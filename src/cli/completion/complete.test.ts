import assert from "node:assert/strict";
import test from "node:test";
import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method, stream } from "../../contract/method.ts";
import { service } from "../../rpc/service.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { commands } from "../commands/index.ts";
import { openTestPlatform, runLine, statusOf } from "../test-platform.ts";
import type { TestPlatform } from "../test-platform.ts";
import { scanLine } from "./scan-line.ts";

const Cellar = contract("cellar", {
  find: method({
    description: "Finds bottles",
    input: t.object({
      kind: t.enum(["red wine", "white", "rosé"]).describe("What is in it"),
      open: t.boolean().default(false),
      tags: t.list(t.string()),
      limit: t.int32().optional(),
    }),
    output: t.object({}),
  }),
  watch: method({ input: t.object({}), output: stream(t.object({})) }),
});

const cellar = service(Cellar, { find: () => ({}), async *watch() {} });

async function openCellar() {
  const platform = await openTestPlatform([cellar]);
  platform.running.push(statusOf({ name: "cellar", state: "ready" }));
  await platform.store.table("bottles").put("a", "1");
  return platform;
}

/** What is proposed behind `words`, the last of which is the one that is typed. */
async function proposed(platform: TestPlatform, ...words: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await runLine(["__complete", "fish", ...words], {
    platform,
  });
  assert.deepEqual([exitCode, stderr], [0, ""]);
  const [mode, ...lines] = stdout.trimEnd().split("\n");
  return mode === "words" ? lines.map((line) => line.split("\t")[0] ?? "") : [`(${mode})`];
}

test("complete() proposes commands and services as the first word, and flags behind dashes", async () => {
  await using platform = await openCellar();
  const names = [...Object.keys(commands), "cellar"];
  for (const words of [[""], ["--json", ""], ["--state", "x", ""], ["--namespace=default", "ce"]]) {
    assert.deepEqual(await proposed(platform, ...words), names, words.join(" "));
  }
  assert.deepEqual(await proposed(platform, "--json", "--"), [
    "--state",
    "--namespace",
    "--env",
    "--timeout",
    "--yes",
    "--help",
  ]);
  assert.deepEqual(await proposed(platform, "help", ""), Object.keys(commands));
});

test("complete() proposes what a word of a command stands for", async () => {
  await using platform = await openCellar();
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["kill ", ["cellar"]],
    ["logs cellar ", ["cellar"]],
    ["call ", ["cellar"]],
    ["call cellar ", ["find", "watch"]],
    ["describe nothing ", []],
    ["run ", ["(files)"]],
    ["run x.ts -- ", ["(files)"]],
    ["run x.ts ", []],
    ["store ex", ["put", "get", "list", "delete", "watch", "export", "import"]],
    ["store export ", ["bottles"]],
    ["store get ", []],
    ["store list --table ", ["bottles"]],
    ["store list --table=", ["--table=bottles"]],
    ["store export --file ", ["(files)"]],
    ["store export --file=x", ["(files)"]],
    ["--state ", ["(folders)"]],
    ["new x --dir ", ["(folders)"]],
    ["--namespace ", ["default", "reef"]],
    ["completion ", ["bash", "zsh", "fish"]],
    ["list --timeout ", []],
    ["restart --bogus ", ["cellar"]],
  ];
  for (const [line, expected] of cases) {
    assert.deepEqual(await proposed(platform, ...line.split(" ")), expected, line);
  }
});

test("complete() proposes the fields of a method as flags, and the values of an enum", async () => {
  await using platform = await openCellar();
  const fields = ["--kind=", "--open", "--no-open", "--tags=", "--limit="];
  const first = await proposed(platform, "cellar", "find", "");
  assert.deepEqual(first, [...fields, "--json-input"]);
  const behind = await proposed(platform, "cellar", "find", "--kind=white", "--tags=a", "--");
  assert.ok(!behind.includes("--kind="));
  assert.ok(behind.includes("--tags=") && behind.includes("--namespace"));
  const kinds = ["--kind=red wine", "--kind=white", "--kind=rosé"];
  assert.deepEqual(await proposed(platform, "cellar", "find", "--kind="), kinds);
  assert.deepEqual(await proposed(platform, "stream", "cellar", "find", "--kind="), kinds);
  assert.deepEqual(await proposed(platform, "cellar", "find", "--kind", ""), [
    "red wine",
    "white",
    "rosé",
  ]);
  assert.deepEqual(await proposed(platform, "stream", "--for", "1s", "cellar", ""), [
    "find",
    "watch",
  ]);
  // Behind the method a field has the name, before it the command.
  assert.ok((await proposed(platform, "stream", "cellar", "watch", "--")).includes("--limit"));
  assert.deepEqual(await proposed(platform, "cellar", "nothing", "--"), []);
});

test("complete() is silent and in time when no platform is there, or one that hangs", async () => {
  const clock = createManualClock();
  const platforms = [
    () => Promise.reject(new Error("nobody listens")),
    async () => {
      await clock.advance(1_000);
      return await new Promise<never>(() => {});
    },
  ];
  for (const openPlatform of platforms) {
    const line = ["__complete", "fish", "kill", ""];
    const outcome = await runLine(line, { openPlatform, clock });
    assert.deepEqual(outcome, { exitCode: 0, stdout: "words\n", stderr: "" });
    const words = await runLine(["__complete", "fish", "ver"], { openPlatform, clock });
    assert.match(words.stdout, /\nversion\tPrint the versions/);
  }
});

test("scanLine() knows where a value is missing and where flags end", () => {
  const options = {
    table: { type: "text", placeholder: "NAME", description: "" },
    follow: { type: "flag", short: "f", description: "" },
  } as const;
  assert.equal(scanLine(["a", "--table"], options).pending, "table");
  assert.equal(scanLine(["a", "--table", "x"], options).pending, undefined);
  assert.deepEqual(
    [...scanLine(["--no-follow", "-f", "--table="], options).given.keys()],
    ["follow", "table"],
  );
  assert.deepEqual(scanLine(["--table", "x", "a", "--", "-f"], options).positionals, ["a"]);
  assert.equal(scanLine(["a", "--"], options).afterDashes, true);
  assert.equal(scanLine(["-f", "a", "b"], options, 1).length, 2);
});
