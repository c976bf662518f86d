import assert from "node:assert/strict";
import test from "node:test";
import { interruption } from "./failure.ts";
import { createTestTerminal, openTestPlatform, runLine } from "./test-platform.ts";

test("store put, get and delete change one entry and say so", async () => {
  await using platform = await openTestPlatform();
  const put = await runLine(["store", "put", "color", "blue"], { platform });
  assert.deepEqual(put, { exitCode: 0, stdout: "color has revision 1\n", stderr: "" });
  const get = await runLine(["store", "get", "color"], { platform });
  assert.deepEqual(get, { exitCode: 0, stdout: "blue", stderr: "" });
  const json = await runLine(["store", "get", "color", "--json"], { platform });
  assert.deepEqual(JSON.parse(json.stdout), { key: "color", value: "blue", revision: 1 });
  const gone = await runLine(["store", "delete", "color"], { platform });
  assert.deepEqual([gone.exitCode, gone.stdout], [0, "color is deleted\n"]);
  const again = await runLine(["store", "delete", "color", "--json"], { platform });
  assert.deepEqual(JSON.parse(again.stdout), { key: "color", deleted: false });
});

test("store get prints bytes as they are, and ends the line on a terminal only", async () => {
  await using platform = await openTestPlatform();
  const bytes = new Uint8Array([0xff, 0, 0x80]);
  await platform.store.table("default").put("raw", bytes);
  const written: unknown[] = [];
  const stdout = createTestTerminal({ write: async (data) => void written.push(data) });
  await runLine(["store", "get", "raw"], { platform, stdout });
  assert.deepEqual(
    written.map((data) => Buffer.from(data as Uint8Array)),
    [Buffer.from(bytes)],
  );
  const { stdout: json } = await runLine(["store", "get", "raw", "--json"], { platform });
  assert.deepEqual(JSON.parse(json), { key: "raw", valueBase64: "/wCA", revision: 1 });
  const terminal = createTestTerminal({ isTty: true });
  await platform.store.table("default").put("color", "blue");
  await runLine(["store", "get", "color"], { platform, stdout: terminal });
  assert.equal(terminal.text, "blue\n");
});

test("store get of a key that is not there fails and proposes the list of its table", async () => {
  const { exitCode, stderr } = await runLine(["store", "get", "color", "--table", "paint"]);
  assert.equal(exitCode, 1);
  assert.equal(
    stderr,
    `reef: Cannot get "color": table "paint" has no such key\ntry: reef store list --table paint\n`,
  );
});

test("store put reads stdin without a value, and refuses another revision than expected", async () => {
  await using platform = await openTestPlatform();
  const table = platform.store.table("default");
  await runLine(["store", "put", "a", "--ttl", "1h"], { platform, stdin: "größer\n" });
  const entry = await table.get("a");
  assert.equal(Buffer.from(entry?.value ?? []).toString(), "größer\n");
  assert(entry?.ttlMs !== undefined && entry.ttlMs > 3_590_000);
  for (const line of [
    ["put", "a", "b"],
    ["delete", "a"],
  ]) {
    const { exitCode, stderr } = await runLine(["store", ...line, "--expect", "0"], { platform });
    assert.equal(exitCode, 1);
    assert.match(stderr, /\ntry: reef store get a --json\n$/);
  }
  assert.equal((await table.get("a"))?.revision, entry.revision);
});

test("store list shows keys in order with short values, and says when there may be more", async () => {
  await using platform = await openTestPlatform();
  const table = platform.store.table("orders");
  await table.put("b", "x".repeat(50));
  await table.put("a", "1");
  await table.put("c\u001b", new Uint8Array([0xff]), { ttlMs: 7_200_000 });
  const all = ["store", "list", "--table", "orders"];
  const { stdout, stderr } = await runLine(all, { platform });
  const [head, first, second, third] = stdout.split("\n");
  assert.equal(head, `KEY  VALUE${" ".repeat(37)}REVISION  TTL`);
  assert.equal(first, `a    1${" ".repeat(41)}2         -`);
  assert.equal(second, `b    ${"x".repeat(39)}…  1         -`);
  assert.match(third ?? "", /^c␛ {3}0xff +3 +(2h|1h 59m)$/);
  assert.equal(stderr, "");
  const part = await runLine([...all, "--limit", "1", "--descending", "--json"], { platform });
  assert.deepEqual([JSON.parse(part.stdout).revision, part.stderr], [3, ""]);
  const more = await runLine([...all, "--limit", "1"], { platform });
  assert.equal(more.stderr, "There may be more; see --limit and --prefix\n");
  const b = await runLine([...all, "--prefix", "b", "--json"], { platform });
  assert.equal(JSON.parse(b.stdout).key, "b");
  const none = await runLine(["store", "list"], { platform });
  assert.deepEqual([none.stdout, none.stderr], ["", 'Table "default" has no such keys\n']);
});

test("store watch shows what is there, then changes until Ctrl-C", async () => {
  await using platform = await openTestPlatform();
  const table = platform.store.table("default");
  await table.put("a", "1");
  await table.put("other", "1");
  for (const json of [false, true]) {
    const interrupt = new AbortController();
    const stdout = createTestTerminal();
    const reader = {
      ...stdout,
      async write(text: string) {
        await stdout.write(text);
        if (/^put {3}a|"complete"/.test(text)) await table.delete("a");
        if (/^gone|"change"/.test(text)) interrupt.abort(interruption("Ended by SIGINT", 130));
      },
    };
    const args = ["store", "watch", "--prefix", "a", ...(json ? ["--json"] : [])];
    const { exitCode } = await runLine(args, {
      platform,
      stdout: reader,
      signal: interrupt.signal,
    });
    assert.equal(exitCode, 130);
    if (json) {
      const events = stdout.text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        events.map(({ kind }) => kind),
        ["present", "complete", "change"],
      );
      assert.deepEqual(events.at(-1).changes, [{ key: "a" }]);
    } else assert.equal(stdout.text, "put   a  1\ngone  a\n");
    await table.put("a", "1");
  }
});

test("store refuses actions, words and flags that mean nothing", async () => {
  const cases = [
    [["gte", "a"], /Unknown action "gte".*get/],
    [["get"], /Missing KEY/],
    [["get", "a", "b"], /Unexpected word "b" after get/],
    [["list", "a"], /Unexpected word "a" after list/],
    [["delete", "a", "--prefix", "b"], /Flag --prefix is for list and watch, not for delete/],
    [["get", "a", "--descending"], /Flag --descending is for list, not for get/],
    [["put", "a", "b", "--ttl", "soon"], /Flag --ttl must be a duration/],
  ] as const;
  for (const [args, message] of cases) {
    const { exitCode, stderr } = await runLine(["store", ...args]);
    assert.match(stderr, message);
    assert.equal(exitCode, 2, args.join(" "));
  }
});

test("store works in the namespace of the environment when the line names none", async () => {
  await using platform = await openTestPlatform();
  const asked: (string | undefined)[] = [];
  const openPlatform = async ({ namespace }: { namespace?: string }) => {
    asked.push(namespace);
    return { ...platform, [Symbol.asyncDispose]: async () => {} };
  };
  const env = { REEF_NAMESPACE: "test" };
  await runLine(["store", "list"], { openPlatform, env });
  await runLine(["store", "list", "--namespace", "other"], { openPlatform, env });
  assert.deepEqual(asked, ["test", "other"]);
});
