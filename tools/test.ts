/**
 * Runs the tests: `node tools/test.ts [--quick | --all] [path ...]`, where a path keeps only the tests below it.
 *
 * Without a flag each test file has a process of its own. `--quick` runs all but the slow ones, many files in one
 * process and a process for each processor, which is several times faster and shows tests that leave something behind
 * for others. `--all` fails on a skip, so that a missing server cannot make a suite green.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, sep } from "node:path";
import { text } from "node:stream/consumers";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";

const patterns = [
  "src/**/*.test.ts",
  "bench/*.test.ts",
  "examples/**/*.test.ts",
  "templates/**/*.test.ts",
  "test/**/*.test.ts",
  "tools/**/*.test.ts",
];

/**
 * They start processes, break disks, pack the package or run the README: seconds each. `npm run ok` has 30 for
 * everything.
 */
const slow = [
  "bench/",
  "examples/",
  "src/backends/",
  "src/blocks/auth/",
  "src/blocks/registry/remote.test.ts",
  "src/blocks/runtime/",
  "src/blocks/store/drivers/postgres",
  "src/blocks/store/conformance.naughty-strings.test.ts",
  "src/blocks/store/drivers/sqlite.test.ts",
  "src/blocks/store/remote.test.ts",
  "src/cli/commands/gen.test.ts",
  "src/cli/main.test.ts",
  "src/contract/code.test.ts",
  "src/contract/compatibility/",
  "src/contract/proto/",
  "src/contract/protobuf/",
  "src/contract/proto-json",
  "src/edges/gateway/hostile-socket.test.ts",
  "src/edges/gateway/limits.test.ts",
  "src/edges/gateway/websocket.test.ts",
  "src/edges/proxy/",
  "src/fetch/",
  "src/framework/programs.test.ts",
  "src/rpc/grpc/",
  "src/rpc/wire/fuzz.test.ts",
  "src/server/parts/store.test.ts",
  "test/",
  "tools/pack.test.ts",
  "tools/readme.test.ts",
];

/** What takes longest begins first: at the end only short ones are left, which keep every processor busy. */
const longest = [
  "test/faults/rigs.test.ts",
  "tools/readme.test.ts",
  "src/blocks/store/",
  "test/",
  "tools/pack.test.ts",
  "bench/",
  ...slow,
];

/** Longer than the slowest test takes on a busy machine; a test that hangs must not hold a build until it is killed. */
const testTimeoutMs = 120_000;

/** The test files to run, sorted: those below one of `below`, or all when it is empty. */
export function testFiles(
  root: string,
  { quick, below }: { quick: boolean; below: readonly string[] },
): string[] {
  return globSync(patterns, { cwd: root, exclude: ["**/node_modules/**"] })
    .map((path) => path.replaceAll(sep, "/"))
    .filter((path) => below.length === 0 || below.some((start) => path.startsWith(start)))
    .filter((path) => !quick || !slow.some((start) => path.startsWith(start)))
    .toSorted();
}

/** Every `count`-th one, so that the files of a room, which cost about the same, are spread. */
export function dealt(files: readonly string[], count: number): string[][] {
  const groups = Array.from({ length: Math.min(count, files.length) }, (): string[] => []);
  for (const [index, file] of files.entries()) groups[index % groups.length]?.push(file);
  return groups;
}

/** Sorted by the list of those that take longest. */
export function longestFirst(files: readonly string[]): string[] {
  const place = (file: string) => {
    const found = longest.findIndex((start) => file.startsWith(start));
    return found === -1 ? longest.length : found;
  };
  return files.toSorted((a, b) => place(a) - place(b));
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: "boolean" }, all: { type: "boolean" } },
    allowPositionals: true,
  });
  const { quick = false, all = false } = values;
  const root = join(import.meta.dirname, "..");
  const files = testFiles(root, { quick, below: positionals });
  if (files.length === 0) {
    process.stderr.write(`Cannot run tests: no test file lies below ${positionals.join(", ")}\n`);
    return 2;
  }
  process.chdir(root);
  if (all) process.env.REQUIRE_BACKENDS = "all";
  // Half of what a test file and each process that it starts have to do is to strip and compile the same modules.
  process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules/.cache/tests");
  const codes = quick
    ? dealt(files, availableParallelism()).map(runTogether)
    : [runApart(files, all)];
  return Math.max(...(await Promise.all(codes)));
}

/** Many files in one process. */
async function runTogether(files: readonly string[]): Promise<number> {
  const flags = ["--test", "--test-isolation=none", `--test-timeout=${testTimeoutMs}`];
  const args = [...flags, "--test-reporter=dot", ...files];
  const child = spawn(process.execPath, args, { stdio: ["inherit", "pipe", "inherit"] });
  const over = once(child, "exit");
  // At its end: what several print at once nobody could read.
  process.stdout.write(await text(child.stdout));
  const [code] = await over;
  return Number(code ?? 1);
}

/** Each file in a process of its own; `all` refuses skips. */
async function runApart(files: readonly string[], all: boolean): Promise<number> {
  const events = run({
    files: longestFirst(files),
    // More is a little faster, as tests wait for disks and other processes, but some measure how long things take.
    concurrency: availableParallelism(),
    timeout: testTimeoutMs,
  });
  let code = 0;
  const skipped: string[] = [];
  events.on("test:fail", () => (code = 1));
  events.on("test:pass", ({ name, file, skip = false }) => {
    if (all && skip !== false) skipped.push(`${name} (${file ?? "no file"}): ${skip}`);
  });
  events.compose(new spec()).pipe(process.stdout);
  await once(events, "end");
  for (const each of skipped) {
    process.stderr.write(`Skipped, which test:all does not accept: ${each}\n`);
  }
  return skipped.length > 0 ? 1 : code;
}

if (import.meta.main) process.exitCode = await main();
