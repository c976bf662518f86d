/** `reef new`; that what it writes compiles and runs is for `tools/pack.test.ts`, with the package as users have it. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import manifest from "../../package.json" with { type: "json" };
import { reefDependency } from "./reef-dependency.ts";
import { runLine } from "./test-platform.ts";

const nobody = {
  openPlatform: () => assert.fail("new needs no platform"),
};

test("new writes a project under the name in all of its spellings, and says what to type next", async () => {
  await using folder = await openFolder();
  const { stdout, stderr, exitCode } = await runLine(["new", "trip-planner"], {
    ...nobody,
    folder: folder.path,
  });
  assert.equal(exitCode, 0, stderr);
  const files = ["package.json", "tsconfig.json", ".gitignore", "README.md"];
  files.push("trip-planner.contract.ts", "trip-planner.numbers.json");
  files.push("trip-planner.ts", "trip-planner.test.ts");
  assert.deepEqual(
    stdout.trimEnd().split("\n"),
    files.map((path) => `trip-planner/${path}`),
  );
  assert.deepEqual((await readdir(join(folder.path, "trip-planner"))).toSorted(), files.toSorted());
  assert.match(stderr, /next:\n {2}cd trip-planner\n {2}npm install\n {2}npm test\n/);
  assert.match(stderr, / {2}npx reef trip-planner hello --name=Ann\n$/);
  for (const path of files) {
    const text = await readFile(join(folder.path, "trip-planner", path), "utf8");
    assert.doesNotMatch(text, /new-?service/i, path);
  }
  const code = await readFile(join(folder.path, "trip-planner/trip-planner.ts"), "utf8");
  assert.match(code, /export const tripPlanner = service\(TripPlanner, \{/);
});

test("new asks for the compiler that reef itself is checked with", async () => {
  await using folder = await openFolder();
  await runLine(["new", "orders"], { ...nobody, folder: folder.path });
  const text = await readFile(join(folder.path, "orders/package.json"), "utf8");
  const { devDependencies, engines } = JSON.parse(text);
  for (const name of ["typescript", "@types/node"] as const) {
    assert.equal(devDependencies[name], `^${manifest.devDependencies[name]}`);
  }
  assert.equal(engines.node, manifest.engines.node);
});

test("new overwrites nothing, names what is in the way, and then writes nothing at all", async () => {
  await using folder = await openFolder();
  await mkdir(join(folder.path, "orders"));
  await writeFile(join(folder.path, "orders/README.md"), "mine");
  const options = { ...nobody, folder: folder.path };
  const { exitCode, stderr } = await runLine(["new", "orders"], options);
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /^reef: Cannot make "orders" in \S+: README\.md would be overwritten; choose/,
  );
  assert.deepEqual(await readdir(join(folder.path, "orders")), ["README.md"]);
  await writeFile(join(folder.path, "file"), "");
  const into = await runLine(["new", "orders", "--dir", "file"], options);
  assert.equal(into.exitCode, 1);
  assert.match(into.stderr, /^reef: Cannot write into \S+: E/);
});

test("new adds only a service to a project, and says what it left alone and what is missing", async () => {
  await using folder = await openFolder();
  const options = { ...nobody, folder: folder.path };
  await writeFile(join(folder.path, "package.json"), "{}");
  await writeFile(join(folder.path, "README.md"), "mine");
  const { stdout, stderr } = await runLine(["new", "orders", "--dir", "."], options);
  assert.equal(
    stdout,
    "./orders.contract.ts\n./orders.numbers.json\n./orders.ts\n./orders.test.ts\n",
  );
  assert.match(stderr, /^Left as they are: package\.json, README\.md\n/);
  assert.match(stderr, /package\.json should say "type": "module"/);
  assert.match(stderr, /\n {2}npm install file:\S+\n {2}node --test orders\.test\.ts\n/);
  const ready = `{"type":"module","dependencies":{"reef":"^1.0.0"}}`;
  await writeFile(join(folder.path, "package.json"), ready);
  const json = await runLine(["new", "invoices", "--dir", ".", "--json"], options);
  assert.deepEqual(JSON.parse(json.stdout), {
    name: "invoices",
    folder: folder.path,
    created: ["invoices.contract.ts", "invoices.numbers.json", "invoices.ts", "invoices.test.ts"],
    leftAlone: ["package.json", "README.md"],
    next: [
      "node --test invoices.test.ts",
      "npx reef run ./invoices.ts",
      "npx reef invoices hello --name=Ann",
    ],
  });
  assert.equal(await readFile(join(folder.path, "package.json"), "utf8"), ready);
});

test("new refuses names that would not work, each with its rule and a name that would", async () => {
  const cases = [
    ["My Orders", /a service name is/, "my-orders"],
    ["./trips/Trip.ts", /a service name is/, "trip"],
    ["ünïcode", /a service name is/, "unicode"],
    ["list", /"reef list" is a command/, "list-service"],
    ["registry", /the platform has a service of its own/, "registry-service"],
    ["broker", /the platform has a service of its own/, "broker-service"],
    ["class", /a word of the code/, "class-service"],
    ["is-error", /a word of the code/, "is-error-service"],
    ["trip-test", /would take trip-test\.ts for a test/, "trip"],
    ["x".repeat(64), /a service name is/, "x".repeat(50)],
    ["123", /a service name is/, undefined],
  ] as const;
  for (const [name, rule, better] of cases) {
    const { exitCode, stderr } = await runLine(["new", name], nobody);
    assert.equal(exitCode, 2, name);
    assert.match(stderr, rule);
    const next = better === undefined ? "reef new --help" : `reef new ${better}`;
    assert.ok(stderr.endsWith(`\ntry: ${next}\n`), stderr);
  }
});

test("reefDependency() is the version only of what npm had from a registry", async () => {
  await using folder = await openFolder();
  const own = join(folder.path, "app/node_modules/reef");
  await mkdir(own, { recursive: true });
  await writeFile(join(own, "package.json"), `{"version":"1.2.3"}`);
  assert.deepEqual(await reefDependency(own), { spec: `file:${own}`, isPublished: false });
  const lock = (resolved: string) => {
    const text = JSON.stringify({ packages: { "node_modules/reef": { resolved } } });
    return writeFile(join(folder.path, "app/node_modules/.package-lock.json"), text);
  };
  await lock("https://registry.example/reef/-/reef-1.2.3.tgz");
  assert.deepEqual(await reefDependency(own), { spec: "^1.2.3", isPublished: true });
  await lock("file:../reef-1.2.3.tgz");
  assert.equal((await reefDependency(own)).spec, `file:${own}`);
  const file = join(folder.path, "reef-1.2.3.tgz");
  await writeFile(file, "");
  assert.equal((await reefDependency(own)).spec, `file:${file}`);
});

async function openFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
