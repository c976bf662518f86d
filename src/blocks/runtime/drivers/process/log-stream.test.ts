import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Clock, systemClock } from "../../../../core/clock.ts";
import { createLogger } from "../../../../core/log.ts";
import { LogFolder, type OpenLog } from "./log-folder.ts";
import { streamLogs } from "./log-stream.ts";

/** Three logs whose lines were written in turn, a second apart: a1 at 1 s, b2 at 2 s, c3 at 3 s, a4 at 4 s ... a10. */
async function openLogs() {
  await using stack = new AsyncDisposableStack();
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  stack.defer(() => rm(path, { recursive: true }));
  let now = 0;
  const clock: Clock = { ...systemClock, wallMs: () => now };
  const log = createLogger({ write: (line) => assert.fail(line) });
  const folder = new LogFolder(path, { clock, log });
  const owners = ["a", "b", "c"].map((name) => ({ namespace: "default", name }));
  const open: readonly OpenLog[] = owners.map((owner) => stack.use(folder.open(owner)));
  for (let n = 1; n <= 10; n++) {
    const { owner, file } = open[(n - 1) % 3] ?? assert.fail();
    now = n * 1_000;
    await appendFile(file.path, `${owner.name}${n}\n`);
    file.look();
  }
  const owned = stack.move();
  return {
    async texts(options: { readonly tail?: number; readonly since?: number }) {
      const texts: string[] = [];
      const all = { owners: () => owners, now, follow: false };
      for await (const { text } of streamLogs(folder, { ...all, ...options })) texts.push(text);
      return texts.join(" ");
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test("streamLogs() puts the lines of all logs in the order in which they were seen", async () => {
  await using logs = await openLogs();
  assert.equal(await logs.texts({}), "a1 b2 c3 a4 b5 c6 a7 b8 c9 a10");
});

test("streamLogs() counts the last lines of all logs together", async () => {
  await using logs = await openLogs();
  assert.equal(await logs.texts({ tail: 4 }), "a7 b8 c9 a10");
  assert.equal(await logs.texts({ tail: 1 }), "a10");
  assert.equal(await logs.texts({ tail: 0 }), "");
});

test("streamLogs() begins at a time, and counts the last lines from there", async () => {
  await using logs = await openLogs();
  assert.equal(await logs.texts({ since: 7_000 }), "a7 b8 c9 a10");
  assert.equal(await logs.texts({ since: 7_001 }), "b8 c9 a10");
  assert.equal(await logs.texts({ since: 7_000, tail: 2 }), "c9 a10");
  assert.equal(await logs.texts({ since: 7_000, tail: 99 }), "a7 b8 c9 a10");
  assert.equal(await logs.texts({ since: 10_001 }), "");
});
