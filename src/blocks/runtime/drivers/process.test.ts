import assert from "node:assert/strict";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ReefError } from "../../../core/errors.ts";
import { runtimeConformance } from "../conformance.ts";
import { openTestPlatform, type TestPlatform } from "./process/test-platform.ts";

runtimeConformance("process", { open: openTestPlatform });

async function write(platform: TestPlatform, name: string, text: string): Promise<string> {
  const path = join(platform.folder, name);
  await writeFile(path, text);
  return path;
}

test("close() ends every process, says so, and refuses what comes later", async () => {
  await using platform = await openTestPlatform();
  const { runtime, services, groups } = platform;
  const source = await write(platform, "a.ts", platform.serving(["a"]));
  const pids: number[] = [];
  for (const name of ["one", "two", "three"]) {
    const { pid } = await services.run({ source, name });
    pids.push(pid ?? 0);
  }
  assert.equal(groups.size, 3);
  const starting = services.run({ source, name: "late" }).catch(ReefError.from);
  const report = await runtime.close();
  assert.deepEqual(report.unstopped, []);
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  assert.equal(groups.size, 0);
  const error = await starting;
  assert.ok(error instanceof ReefError);
  assert.equal(error.code, "unavailable");
  await assert.rejects(services.run({ source }), { code: "unavailable" });
  assert.equal(await runtime.close(), report);
  const views = await platform.registry.list();
  assert.deepEqual(
    views.filter(({ expected }) => expected),
    [],
  );
});

test("run() keeps the platform's own variables from the program", async () => {
  const environment = {
    PATH: process.env["PATH"],
    TZ: "UTC",
    PGPASSWORD: "hush",
    REEF_KEY: "hush",
  };
  await using platform = await openTestPlatform({ environment });
  const tell = `console.log(Object.keys(process.env).sort().join(" "));`;
  const source = await write(platform, "a.ts", tell + platform.serving(["a"]));
  const { log } = await platform.services.run({ source });
  const [, names = ""] = (await readFile(log, "utf8")).split("\n");
  const ours = "REEF_INSTANCE REEF_NAME REEF_NAMESPACE REEF_PLATFORM REEF_SOCKETS";
  assert.equal(names, `NODE_COMPILE_CACHE PATH ${ours} TZ`);
});

test("run() rejects with aborted when somebody kills the service meanwhile", async () => {
  await using platform = await openTestPlatform();
  const source = await write(platform, "a.ts", "setInterval(() => {}, 1e6);");
  const running = platform.services.run({ source }).catch(ReefError.from);
  while ((await platform.services.list()).items[0]?.pid === undefined)
    await new Promise(setImmediate);
  await platform.services.kill("a");
  const error = await running;
  assert.ok(error instanceof ReefError);
  assert.equal(error.code, "aborted");
  assert.deepEqual((await platform.services.list()).items, []);
});

test("logs() misses no line while the log of a running process is rotated", async () => {
  await using platform = await openTestPlatform({ logBytesMax: 20_000 });
  // It waits until all is read before it writes the next lines, in one piece: what is written in the very moment of the
  // rotation is lost, and of a reader who is slow lines are rotated away, as they should be.
  const read = join(platform.folder, "read");
  await writeFile(read, "0");
  const count = `
    import { readFileSync } from "node:fs";
    let n = 0;
    let looks = 0;
    const line = () => "number " + n++ + " " + "x".repeat(80) + "\\n";
    const timer = setInterval(() => {
      if (Number(readFileSync(${JSON.stringify(read)}, "utf8")) !== n && ++looks < 5000) return;
      looks = 0;
      process.stdout.write(Array.from({ length: 100 }, line).join(""));
      if (n >= 2000) clearInterval(timer);
    }, 1);`;
  const source = await write(platform, "a.ts", count + platform.serving(["a"]));
  const { log } = await platform.services.run({ source });
  const numbers: number[] = [];
  for await (const { text } of platform.services.logs({ name: "a", tail: 9_999, follow: true })) {
    if (!text.startsWith("number ")) continue;
    const number = Number(text.split(" ")[1]);
    numbers.push(number);
    if (number === 1_999) break;
    if (number % 100 === 99) await writeFile(read, String(number + 1));
  }
  assert.deepEqual(
    numbers,
    Array.from({ length: 2_000 }, (_, n) => n),
  );
  for (const path of [log, `${log}.1`]) {
    const { size, mode } = await stat(path);
    assert.ok(size < 40_000, `${path} has ${size} bytes`);
    assert.equal(mode & 0o077, 0);
  }
});

test("logs() reads what was written before the runtime was opened", async () => {
  await using platform = await openTestPlatform();
  const source = await write(platform, "a.ts", `console.log("before");${platform.serving(["a"])}`);
  await platform.services.run({ source });
  await platform.runtime.close();
  await using later = await openTestPlatform({ logsFolder: platform.logsFolder });
  const texts: string[] = [];
  for await (const { text } of later.services.logs({ name: "a" })) texts.push(text);
  assert.ok(texts.includes("before"));
  assert.match(texts.at(-1) ?? "", /^\[reef\] a was stopped at /);
});

test("logs() reads no file outside of its folder", async () => {
  await using platform = await openTestPlatform();
  await mkdir(join(platform.logsFolder, "default"), { recursive: true });
  await writeFile(join(platform.logsFolder, "..", "secret.log"), "secret\n");
  for (const scope of [{ name: "../../secret" }, { name: "secret", namespace: ".." }]) {
    const lines = platform.services.logs(scope)[Symbol.asyncIterator]();
    await assert.rejects(lines.next(), { reason: "not_running" });
  }
});

test("run() lets nobody wait for a worker that nobody calls", async () => {
  await using platform = await openTestPlatform();
  const { services, folder, registry } = platform;
  const command = [process.execPath, "-e", "setInterval(() => {}, 1e6)"];
  await services.run({ command, folder, name: "worker", readiness: "started" });
  assert.deepEqual(await registry.list(), []);
});
