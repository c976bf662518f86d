import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { openSqlite } from "./sqlite.ts";
import { counterSchema, counterUnits, listEntries } from "./sqlite/test-counter.ts";
import { bytes, openCounter, openFolder } from "./sqlite/test-file.ts";

const value = bytes("value");

test("write() gives many callers one commit, and answers in the order of the calls", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path);
  const answered: string[] = [];
  const keys = Array.from({ length: 100 }, (_, n) => `key-${n}`);
  const revisions = await Promise.all(
    keys.map(async (key) => {
      const revision = await counter.write("put", { key, value });
      answered.push(key);
      return revision;
    }),
  );
  assert.deepEqual(answered, keys);
  assert.deepEqual(
    revisions,
    keys.map((_, n) => n + 1),
  );
  const { commits, units } = counter.stats;
  assert.equal(units, 100);
  assert.equal(commits, 1);
});

test("write() undoes a unit that fails and nothing else", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path);
  const outcomes = await Promise.allSettled([
    counter.write("put", { key: "a", value }),
    counter.write("fail", { key: "b" }),
    counter.write("put", { key: "c", value, expected: 7 }),
    counter.write("insert", { key: "a" }),
    counter.write("put", { key: "d", value }),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) =>
      outcome.status === "fulfilled" ? outcome.value : outcome.reason.code,
    ),
    [1, "invalid_argument", "aborted", "already_exists", 2],
  );
  assert.deepEqual(
    listEntries(counter.reader).map(({ key }) => key),
    ["a", "d"],
  );
  assert.equal(counter.stats.commits, 1);
});

test("write() brings the error of a unit over with its data, and says that nothing happened", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path);
  await counter.write("put", { key: "a", value });
  await assert.rejects(counter.write("put", { key: "a", value, expected: 7 }), {
    code: "aborted",
    data: { revision: 1 },
    maybeExecuted: false,
  });
});

test("write() calls a mistake in a driver internal, with the cause", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path);
  await assert.rejects(counter.write("broken", undefined as never), (error: Error) => {
    assert.match(error.message, /a bug, no such table: nowhere/);
    assert.match(String((error.cause as Error).stack), /test-counter/);
    return true;
  });
});

test("write() takes only those bytes of a buffer that are in the view", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path);
  const frame = bytes("before-value-after");
  const written = counter.write("put", { key: "a", value: frame.subarray(7, 12) });
  await written;
  assert.deepEqual(listEntries(counter.reader)[0]?.value, value);
});

test("write() refuses more than the queue holds, and goes on when it is empty", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path, { queueUnitsMax: 3, queueBytesMax: 4_096 });
  const accepted = [1, 2, 3].map((n) => counter.write("put", { key: `${n}`, value }));
  await assert.rejects(counter.write("put", { key: "4", value }), {
    code: "resource_exhausted",
    maybeExecuted: false,
  });
  await Promise.all(accepted);
  await assert.rejects(counter.write("put", { key: "5", value: new Uint8Array(5_000) }), {
    code: "resource_exhausted",
  });
  await counter.write("put", { key: "6", value });
  assert.equal(counter.stats.queuedUnits, 0);
  assert.equal(counter.stats.queuedBytes, 0);
});

test("write() takes a unit back when its signal fires while it waits", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path);
  const cancel = new AbortController();
  const first = counter.write("put", { key: "a", value });
  // On its way from here on: what comes now waits for the next commit.
  await Promise.resolve();
  const second = counter.write("put", { key: "b", value }, { signal: cancel.signal });
  cancel.abort(new Error("no longer wanted"));
  await assert.rejects(second, /no longer wanted/);
  await first;
  assert.equal(listEntries(counter.reader).length, 1);
  await assert.rejects(
    counter.write("put", { key: "c", value }, { signal: cancel.signal }),
    /no longer wanted/,
  );
});

test("commits tells each unit once, in order, before its writer hears of it", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path);
  const told: unknown[] = [];
  counter.commits.on((units) => told.push(...units.map(({ name, output }) => [name, output])));
  await Promise.allSettled([
    counter.write("put", { key: "a", value }),
    counter.write("fail", { key: "b" }),
    counter.write("put", { key: "c", value }),
  ]);
  await counter.write("put", { key: "d", value }).then((revision) => {
    assert.deepEqual(told.at(-1), ["put", revision]);
  });
  assert.deepEqual(told, [
    ["put", 1],
    ["put", 2],
    ["put", 3],
  ]);
});

test("who reads on without waiting sees one state while others write", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path);
  await counter.write("put", { key: "a", value });
  // A second program that writes in between: the engine's own writer cannot within one turn.
  using other = new DatabaseSync(join(folder.path, "counter.db"));
  counter.snapshot((reader) => {
    const before = listEntries(reader);
    other.exec("DELETE FROM entry");
    assert.deepEqual(listEntries(reader), before);
  });
  assert.equal(listEntries(counter.reader).length, 1);
  await undefined;
  assert.deepEqual(listEntries(counter.reader), []);
});

test("backup() and restore() bring a state back while others write, and say so", async () => {
  await using folder = await openFolder();
  const copy = join(folder.path, "copy.db");
  await using counter = await openCounter(folder.path);
  await counter.write("put", { key: "kept", value });
  await Promise.all([counter.backup(copy), counter.write("put", { key: "meanwhile", value })]);
  assert.equal((await stat(copy)).mode & 0o777, 0o600);
  await assert.rejects(counter.backup(copy), { code: "already_exists" });
  await counter.write("put", { key: "lost", value });
  let told = 0;
  counter.restored.on(() => (told += 1));
  await Promise.all([counter.restore(copy), counter.write("put", { key: "before", value })]);
  await counter.write("put", { key: "after", value });
  const keys = listEntries(counter.reader).map(({ key }) => key);
  assert(keys.includes("kept") && keys.includes("after"));
  assert(!keys.includes("lost") && !keys.includes("before"));
  assert.equal(told, 1);
});

test("restore() refuses what is no backup and leaves everything as it was", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path);
  await counter.write("put", { key: "kept", value });
  using foreign = new DatabaseSync(join(folder.path, "foreign.db"));
  foreign.exec("CREATE TABLE theirs (x)");
  await assert.rejects(counter.restore(join(folder.path, "foreign.db")), {
    code: "failed_precondition",
  });
  await assert.rejects(counter.restore(join(folder.path, "nowhere.db")));
  await counter.write("put", { key: "later", value });
  assert.equal(listEntries(counter.reader).length, 2);
});

test("openSqlite() applies each migration once, and refuses a newer file", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "counter.db");
  const longer = [...counterSchema, ["ALTER TABLE entry ADD COLUMN more INTEGER DEFAULT 5"]];
  {
    await using counter = await openCounter(folder.path);
    await counter.write("put", { key: "a", value });
  }
  for (const time of ["first", "second"]) {
    await using counter = await openSqlite({ path, schema: longer, units: counterUnits });
    assert.equal(counter.reader.get("SELECT more FROM entry")?.more, 5, time);
  }
  await assert.rejects(openCounter(folder.path), {
    code: "failed_precondition",
    message: /it has version 2, this reef knows 1; use the version of reef that wrote it/,
  });
});

test("openSqlite() leaves a file alone when a migration fails", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "counter.db");
  await (await openCounter(folder.path))[Symbol.asyncDispose]();
  const wrong = [...counterSchema, ["DROP TABLE counter", "this is not SQL"]];
  await assert.rejects(openSqlite({ path, schema: wrong, units: counterUnits }), {
    code: "internal",
  });
  await using counter = await openCounter(folder.path);
  assert.equal(await counter.write("put", { key: "a", value }), 1);
});

test("openSqlite() refuses a file that another one has open, or that another program made", async () => {
  await using folder = await openFolder();
  {
    await using counter = await openCounter(folder.path);
    await counter.check();
    await assert.rejects(openCounter(folder.path), {
      code: "failed_precondition",
      message: /another platform has it open/,
    });
  }
  const path = join(folder.path, "foreign.db");
  using foreign = new DatabaseSync(path);
  foreign.exec("CREATE TABLE theirs (x)");
  await assert.rejects(openSqlite({ path, schema: counterSchema, units: counterUnits }), {
    code: "failed_precondition",
    message: /another program made it/,
  });
  await assert.rejects(openCounter(join(folder.path, "nowhere")), {
    code: "failed_precondition",
  });
});

test("disposing waits for what was accepted, leaves one whole file, and ends all use", async () => {
  await using folder = await openFolder();
  const counter = await openCounter(folder.path);
  const accepted = Array.from({ length: 50 }, (_, n) =>
    counter.write("put", { key: `${n}`, value }),
  );
  const closed = counter[Symbol.asyncDispose]();
  await assert.rejects(counter.write("put", { key: "late", value }), {
    code: "failed_precondition",
  });
  await Promise.all(accepted);
  await Promise.all([closed, counter[Symbol.asyncDispose]()]);
  assert.throws(() => counter.reader.all("SELECT 1"), { code: "failed_precondition" });
  await assert.rejects(counter.check(), { code: "failed_precondition" });
  assert.deepEqual(await readdir(folder.path), ["counter.db", "counter.db-lock"]);
  await using again = await openCounter(folder.path);
  assert.equal(listEntries(again.reader).length, 50);
});

test("a file is for its owner alone", async () => {
  await using folder = await openFolder();
  await using counter = await openCounter(folder.path);
  await counter.write("put", { key: "a", value });
  for (const end of ["", "-wal", "-shm"]) {
    const { mode } = await stat(join(folder.path, `counter.db${end}`));
    assert.equal(mode & 0o777, 0o600, end);
  }
});
