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
  const flags = [
    "--test",
    `--test-timeout=${testTimeoutMs}`,
    ...(quick ? ["--test-isolation=none", "--test-reporter=dot"] : ["--test-reporter=spec"]),
    "--test-reporter-destination=stdout",
    ...(all
      ? ["--test-reporter=./tools/refuse-skips.ts", "--test-reporter-destination=stderr"]
      : []),
  ];
  const env = { ...process.env, ...(all && { REQUIRE_BACKENDS: "all" }) };
  const groups = quick ? dealt(files, availableParallelism()) : [files];
  const run = async (group: readonly string[]) => {
    // What several print at once nobody could read.
    const stdout = groups.length > 1 ? "pipe" : "inherit";
    const stdio = ["inherit", stdout, "inherit"] as const;
    const child = spawn(process.execPath, [...flags, ...group], {
      cwd: root,
      stdio: [...stdio],
      env,
    });
    const over = once(child, "exit");
    if (child.stdout) process.stdout.write(await text(child.stdout));
    const [code] = await over;
    return Number(code ?? 1);
  };
  return Math.max(...(await Promise.all(groups.map(run))));
}

if (import.meta.main) process.exitCode = await main();
