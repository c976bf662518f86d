/** `reef store export` and `import`: what leaves a store comes back as it was, whatever its bytes are. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { hostileKeys } from "../blocks/store/conformance/hostile-keys.ts";
import type { Database, Entry } from "../blocks/store/index.ts";
import { createTestTerminal, openTestPlatform, runLine } from "./test-platform.ts";

test("store export gives import what makes another store the same, whatever the bytes are", async () => {
  await using from = await openTestPlatform();
  await using to = await openTestPlatform();
  for (const [index, key] of hostileKeys.entries()) {
    const bytes = typeof key === "string" ? Buffer.from(key) : key;
    // As a key and as a value, in two tables, every third one for an hour.
    const options = index % 3 === 0 ? { ttlMs: 3_600_000 } : {};
    await from.store.table(index % 2 === 0 ? "even" : "odd").put(key, bytes, options);
  }
  await from.store.table("large").put("zeros", new Uint8Array(1_048_576));
  for (let n = 0; n < 1_200; n++) await from.store.table("many").put(`k${n}`, `${n}`);
  await using folder = await openFolder();
  const file = ["--file", "all.ndjson"];
  const options = { platform: to, folder: folder.path };
  const exported = await runLine(["store", "export", ...file], { ...options, platform: from });
  assert.equal(exported.exitCode, 0, exported.stderr);
  assert.match(exported.stderr, /^Exported \d+ entries to all\.ndjson\n$/);
  const imported = await runLine(["store", "import", ...file], options);
  assert.equal(imported.exitCode, 0, imported.stderr);
  assert.match(imported.stderr, /^Imported \d+ lines: \d+ added, 0 were there\n$/);
  assert.deepEqual(await contentOf(to.store), await contentOf(from.store));
  const again = await runLine(["store", "import", ...file, "--json"], options);
  const { added, unchanged } = JSON.parse(again.stdout);
  assert.deepEqual([added, unchanged], [0, 1_201 + hostileKeys.length]);
});

test("store export takes one table by a word or by the flag, and refuses two", async () => {
  await using platform = await openTestPlatform();
  await platform.store.table("a").put("k", "1", { ttlMs: 5_000 });
  await platform.store.table("b").put(new Uint8Array([0xff]), "2");
  for (const words of [["b"], ["--table", "b"], ["b", "--table", "b"]]) {
    const { stdout } = await runLine(["store", "export", ...words], { platform });
    assert.equal(stdout, `{"table":"b","keyBase64":"/w==","value":"2"}\n`);
  }
  const two = await runLine(["store", "export", "a", "--table", "b"], { platform });
  assert.equal(two.exitCode, 2);
  const { stdout } = await runLine(["store", "export", "a"], { platform });
  assert.match(stdout, /^\{"table":"a","key":"k","value":"1","ttlMs":[45]\d{3}\}\n$/);
});

test("store export --file leaves a whole file or none, and import --file reads it", async () => {
  await using folder = await openFolder();
  await using platform = await openTestPlatform();
  await platform.store.table("a").put("k", "1");
  const file = { platform, folder: folder.path };
  const saved = await runLine(["store", "export", "--file", "all.ndjson"], file);
  assert.deepEqual(saved, {
    exitCode: 0,
    stdout: "",
    stderr: "Exported 1 entry to all.ndjson\n",
  });
  const broken: Database = {
    tables: () => platform.store.tables(),
    table: () => assert.fail("the way to the store is lost"),
  };
  await runLine(["store", "export", "--file", "all.ndjson"], {
    ...file,
    platform: { ...platform, store: broken },
  });
  assert.deepEqual(await readdir(folder.path), ["all.ndjson"]);
  const text = await readFile(join(folder.path, "all.ndjson"), "utf8");
  assert.equal(text, `{"table":"a","key":"k","value":"1"}\n`);
  await platform.store.table("a").delete("k");
  const { exitCode } = await runLine(["store", "import", "--file", "all.ndjson"], file);
  assert.equal(exitCode, 0);
  assert.equal(
    Buffer.from((await platform.store.table("a").get("k"))?.value ?? []).toString(),
    "1",
  );
  const missing = await runLine(["store", "import", "--file", "none.ndjson"], file);
  assert.match(missing.stderr, /^reef: Cannot read none\.ndjson: ENOENT/);
  const nowhere = await runLine(["store", "export", "--file", "no/all.ndjson"], file);
  assert.match(nowhere.stderr, /^reef: Cannot write no\/all\.ndjson: ENOENT/);
});

test("store import leaves other values as they are and names their lines, and takes them with --replace", async () => {
  await using platform = await openTestPlatform();
  const table = platform.store.table("t");
  await table.put("same", "1");
  await table.put("other", "old");
  await table.put("stays", "1");
  const stdin = [
    { key: "same", value: "1" },
    { key: "other", value: "new" },
    { key: "fresh", value: "1" },
    { key: "stays", value: "1", ttlMs: 60_000 },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");
  const refused = await runLine(["store", "import", "t"], { platform, stdin });
  assert.deepEqual(refused, {
    exitCode: 1,
    stdout: "",
    stderr: `Line 2: "other" of table "t" is another one, left as it is
Line 4: "stays" of table "t" is another one, left as it is
Imported 4 lines: 1 added, 1 were there, 2 left as they are
reef: Cannot import 2 entries: another value is under the same key, and all others are in; overwrite with --replace
`,
  });
  assert.equal(Buffer.from((await table.get("other"))?.value ?? []).toString(), "old");
  const json = await runLine(["store", "import", "t", "--json"], { platform, stdin });
  const [first] = json.stdout.split("\n");
  assert.deepEqual(JSON.parse(first ?? ""), { refused: { line: 2, table: "t", key: "other" } });
  const replaced = await runLine(["store", "import", "t", "--replace"], { platform, stdin });
  assert.equal(replaced.exitCode, 0);
  assert.equal(replaced.stderr, "Imported 4 lines: 0 added, 2 were there, 2 replaced\n");
  assert.equal(Buffer.from((await table.get("other"))?.value ?? []).toString(), "new");
  assert((await table.get("stays"))?.ttlMs !== undefined);
});

test("store import refuses the second of two lines that differ under one key", async () => {
  await using platform = await openTestPlatform();
  const line = (value: string) => `{"table":"t","key":"k","value":"${value}"}\n`;
  const stdin = line("1") + line("1") + line("2");
  const { stderr, exitCode } = await runLine(["store", "import"], { platform, stdin });
  assert.equal(exitCode, 1);
  assert.match(stderr, /^Line 3: "k" .*\nImported 3 lines: 1 added, 1 were there, 1 left/);
});

test("store import names the line that it cannot read, with all before it done", async () => {
  const cases = [
    [`{"table":"t"`, /it is not JSON/],
    ["[1]", /it must be a JSON object/],
    [`{"table":"t","key":"k","vlue":"1"}`, /no field "vlue" \(did you mean "value"\?\)/],
    [`{"key":"k","value":"1"}`, /field "table" must be text, unless .* reef store import TABLE/],
    [`{"table":"t","key":"k"}`, /must have "value" \(text\) or "valueBase64"/],
    [`{"table":"t","key":"k","keyBase64":"aw==","value":""}`, /and not both/],
    [`{"table":"t","key":1,"value":""}`, /field "key" must be text/],
    [`{"table":"t","keyBase64":"a!","value":""}`, /must be base64 with its padding/],
    [`{"table":"t","key":"\\ud800","value":""}`, /half a surrogate pair/],
    [`{"table":"t","key":"k","value":"","ttlMs":"1h"}`, /field "ttlMs" must be a number/],
    [`{"table":"t","key":"k","value":"","ttlMs":0}`, /field "ttlMs" must be at least 1/],
    [`{"table":"T T","key":"k","value":""}`, /field "table" must/],
    [`{"table":"t","key":"${"k".repeat(2_000)}","value":""}`, /field "key" must have at most 1024/],
  ] as const;
  for (const [line, rule] of cases) {
    await using platform = await openTestPlatform();
    const stdin = `{"table":"t","key":"first","value":"1"}\n\n${line}\n`;
    const { stderr, exitCode } = await runLine(["store", "import"], { platform, stdin });
    assert.equal(exitCode, 1, line);
    assert.match(stderr, /^reef: Cannot import line 3: /, line);
    assert.match(stderr, rule);
    assert.match(stderr, /the lines before it are done \(1 added, 0 were there\)/);
    assert.ok(await platform.store.table("t").get("first"));
  }
});

test("store import decides again when others write meanwhile, and loses none of their writes", async () => {
  await using platform = await openTestPlatform();
  const real = platform.store.table("t");
  let races = 3;
  const racing = {
    ...platform.store,
    table: () => ({
      get: real.get.bind(real),
      batch: async (...args: Parameters<typeof real.batch>) => {
        if (races-- > 0) await real.put("k", `race ${races}`);
        return real.batch(...args);
      },
    }),
  } as unknown as Database;
  const stdin = `{"table":"t","key":"k","value":"mine"}\n`;
  const { stderr } = await runLine(["store", "import", "--replace"], {
    platform: { ...platform, store: racing },
    stdin,
  });
  assert.equal(stderr, "Imported 1 line: 0 added, 0 were there, 1 replaced\n");
  assert.equal(Buffer.from((await real.get("k"))?.value ?? []).toString(), "mine");
});

test("store import shows its progress on a terminal and takes it away", async () => {
  await using folder = await openFolder();
  await writeFile(join(folder.path, "a.ndjson"), `{"table":"t","key":"k","value":"1"}\n`);
  const stderr = createTestTerminal({ isTty: true });
  await runLine(["store", "import", "--file", "a.ndjson"], { folder: folder.path, stderr });
  assert.equal(stderr.text, "\r\u001b[K1 line\r\u001b[KImported 1 line: 1 added, 0 were there\n");
});

async function contentOf(database: Database): Promise<readonly unknown[]> {
  const content: unknown[] = [];
  for (const table of await database.tables()) {
    let cursor: string | undefined;
    do {
      const page = await database.table(table).list({ limit: 1_000, cursor });
      content.push(...page.items.map((entry) => [table, ...contentOfEntry(entry)]));
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return content;
}

function contentOfEntry({ key, value, ttlMs }: Entry) {
  const minutesLeft = ttlMs === undefined ? undefined : Math.round(ttlMs / 60_000);
  return [Buffer.from(key).toString("hex"), Buffer.from(value).toString("hex"), minutesLeft];
}

async function openFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
