/** The package as its users get it: packed by npm, installed into an empty project, run, imported and type-checked. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test from "node:test";
import { publishedManifest, restoreManifest, swapManifest, type Manifest } from "./pack.ts";

const root = join(import.meta.dirname, "..");
// A manifest of our own.
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest & {
  version: string;
};

test("publishedManifest() names built files and nothing that only a checkout needs", () => {
  const published = publishedManifest({
    name: "reef",
    scripts: { test: "x" },
    workspaces: ["tools/node"],
    devDependencies: { zod: "4" },
    dependencies: {},
    exports: {
      ".": { browser: "./src/browser.ts", default: "./src/index.ts" },
      "./blocks/*": "./src/blocks/*/index.ts",
      "./package.json": "./package.json",
    },
  });
  assert.deepEqual(published, {
    name: "reef",
    dependencies: {},
    exports: {
      ".": {
        types: "./dist/index.d.ts",
        browser: "./dist/browser.js",
        default: "./dist/index.js",
      },
      "./blocks/*": { types: "./dist/blocks/*/index.d.ts", default: "./dist/blocks/*/index.js" },
      "./package.json": "./package.json",
    },
  });
});

test("restoreManifest() brings back the checkout's bytes, however often the swap was begun", () => {
  const folder = mkdtempSync(join(tmpdir(), "reef-"));
  try {
    const path = join(folder, "package.json");
    const text = `{ "scripts": {},\n\t"exports": {} }`;
    writeFileSync(path, text);
    swapManifest(folder);
    assert.equal("scripts" in JSON.parse(readFileSync(path, "utf8")), false);
    swapManifest(folder);
    restoreManifest(folder);
    assert.equal(readFileSync(path, "utf8"), text);
    restoreManifest(folder);
    assert.equal(readFileSync(path, "utf8"), text);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Three compilers and an install, each of which ends by itself: 78 s have been seen on a busy machine. */
const timeout = 300_000;

test(
  "npm pack gives a package that runs, imports and type-checks in an empty project",
  { timeout },
  async (t) => {
    const temp = mkdtempSync(join(tmpdir(), "reef-"));
    t.after(() => rmSync(temp, { recursive: true, force: true }));
    const { tarball, files, checkout } = pack(temp);
    const project = install(temp, tarball);

    await t.test("npm pack leaves the checkout's manifest as it was", () => {
      const after = readFileSync(join(checkout, "package.json"), "utf8");
      assert.equal(after, readFileSync(join(root, "package.json"), "utf8"));
    });

    await t.test("the tarball holds what is built, without sources and tests", () => {
      assert.deepEqual(
        files.filter(
          (path) =>
            !/^(bin|dist|proto|templates)\/|^(package\.json|LICENSE|README\.md|CHANGELOG\.md)$/.test(
              path,
            ),
        ),
        [],
      );
      assert.deepEqual(
        files.filter((path) => /^(?!templates\/).*(\.test\.|\/test-|\/fixtures\/)/.test(path)),
        [],
      );
      for (const path of [
        "bin/reef.js",
        "dist/index.js",
        "dist/index.d.ts",
        "proto/store/v1/store.proto",
        "LICENSE",
        "README.md",
      ]) {
        assert.ok(files.includes(path), `the tarball lacks ${path}`);
      }
    });

    await t.test("its manifest asks for no development packages", () => {
      const installed = JSON.parse(
        readFileSync(join(project, "node_modules/reef/package.json"), "utf8"),
      );
      assert.deepEqual(installed, publishedManifest(manifest));
    });

    await t.test("the command reef runs", () => {
      const stdout = execFileSync(join(project, "node_modules/.bin/reef"), ["version"], {
        cwd: project,
        env: ours(),
        encoding: "utf8",
      });
      assert.ok(stdout.includes(manifest.version), stdout);
    });

    await t.test("every sub-path imports from JavaScript", () => {
      writeFileSync(join(project, "app.js"), `${imports()}\nconsole.log(typeof m0.contract);\n`);
      const stdout = execFileSync(process.execPath, ["app.js"], { cwd: project, encoding: "utf8" });
      assert.equal(stdout, "function\n");
    });

    await t.test("every sub-path type-checks for the strictest consumer", () => typeCheck(project));

    await t.test(
      "reef new makes a service that compiles, passes its tests and runs untouched",
      () => tryNewService(project, tarball),
    );
  },
);

test("bin/reef.js tells an older Node in one sentence what it needs", () => {
  // The real thing where the machine has one; everywhere, this Node claiming to be an older one.
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.1.0"})`;
  const runs = [[process.execPath, "--import", pretend], ...olderNodes().map((node) => [node])];
  for (const [node = "", ...flags] of runs) {
    const { status, stderr, stdout } = spawnSync(
      node,
      [...flags, join(root, "bin/reef.js"), "list"],
      {
        encoding: "utf8",
      },
    );
    assert.equal(status, 1, stderr);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^Cannot start reef: it needs Node 24 or newer, and .+ is Node \d.+; .+\n$/,
    );
    assert.equal(stderr.split("\n").length, 2, stderr);
  }
});

/** Packs a copy, because npm swaps the manifest meanwhile and others may be reading this checkout's. */
function pack(temp: string): { tarball: string; files: string[]; checkout: string } {
  const checkout = join(temp, "checkout");
  const left = ["node_modules", "dist", ".git", "bench"].map((name) => join(root, name));
  cpSync(root, checkout, { recursive: true, filter: (path) => !left.includes(path) });
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"), "dir");
  const stdout = npm(["pack", "--json", "--pack-destination", temp], checkout);
  // The answer of npm is a list with one entry for each package that was packed.
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return {
    tarball: join(temp, packed.filename),
    files: packed.files.map(({ path }) => path),
    checkout,
  };
}

function install(temp: string, tarball: string): string {
  const project = join(temp, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), `{ "private": true, "type": "module" }`);
  npm(["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", tarball], project);
  return project;
}

function typeCheck(project: string): void {
  // A TypeScript project for Node has the types of Node; everything else must come with the package.
  cpSync(join(root, "node_modules/@types"), join(project, "node_modules/@types"), {
    recursive: true,
  });
  cpSync(join(root, "node_modules/undici-types"), join(project, "node_modules/undici-types"), {
    recursive: true,
  });
  const used = subpaths().map((_, index) => `export type T${index} = keyof typeof m${index};`);
  writeFileSync(join(project, "app.ts"), `${imports()}\n${used.join("\n")}\n`);
  for (const [module, moduleResolution] of [
    ["nodenext", "nodenext"],
    ["preserve", "bundler"],
  ]) {
    const tsconfig = {
      compilerOptions: {
        strict: true,
        noEmit: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        target: "esnext",
        lib: ["esnext"],
        types: ["node"],
        module,
        moduleResolution,
      },
      files: ["app.ts"],
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(tsconfig));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", project], {
      encoding: "utf8",
    });
    assert.equal(status, 0, `${moduleResolution}: ${stdout}`);
  }
}

/** As a person does it, but for the compiler and the types, which come from here instead of from the registry. */
async function tryNewService(project: string, tarball: string): Promise<void> {
  const bin = join(project, "node_modules/.bin/reef");
  const made = execFileSync(bin, ["new", "trip-planner", "--json"], { cwd: project, env: ours() });
  const { folder, created } = JSON.parse(made.toString());
  assert.equal(created.length, 8);
  // A manifest that the line above has written.
  const written = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  assert.equal(written.dependencies.reef, `file:${tarball}`);
  for (const name of ["typescript", "@typescript", "@types", "undici-types"]) {
    const here = join(root, "node_modules", name);
    if (existsSync(here)) cpSync(here, join(folder, "node_modules", name), { recursive: true });
  }
  npm(["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts"], folder);
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  for (const args of [[tsc, "-p", "."], ["--test"]]) {
    const run = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", env: person() });
    assert.equal(run.status, 0, `${args.join(" ")}: ${run.stdout}${run.stderr}`);
  }
  await whilePrinting(/ready at tcp:/, [process.execPath, "trip-planner.ts"], folder);
  const state = join(project, "state");
  const server = [bin, "server", "--state", state, "--port", "0"];
  await whilePrinting(/open {2}http/, server, folder, () => {
    reef("run", ".");
    const answer = reef("trip-planner", "hello", "--name=Ann");
    assert.deepEqual(JSON.parse(answer), { message: "Hello Ann" });
  });

  function reef(...args: readonly string[]): string {
    const options = { cwd: folder, env: person(), encoding: "utf8" } as const;
    return execFileSync(bin, ["--state", state, ...args], options);
  }
}

/** Runs a program until its output matches and `work` is done, and ends it. */
async function whilePrinting(
  pattern: RegExp,
  [program = "", ...args]: readonly string[],
  cwd: string,
  work: () => void = () => {},
): Promise<void> {
  const child = spawn(program, args, { cwd, env: person(), stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  let output = "";
  const { promise: matched, resolve } = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      output += bytes.toString();
      if (pattern.test(output)) resolve("matched");
    });
  }
  try {
    assert.equal(await Promise.race([matched, exited.then(() => "exited")]), "matched", output);
    work();
  } finally {
    child.kill("SIGTERM");
    await exited;
  }
}

/** `ours()` as a shell has it: programs in it are not under test. */
function person(): NodeJS.ProcessEnv {
  const { NODE_ENV: _env, NODE_TEST_CONTEXT: _context, ...env } = ours();
  return env;
}

function subpaths(): string[] {
  return Object.keys(manifest.exports).filter((subpath) => !/\*|\.json$/.test(subpath));
}

function imports(): string {
  return subpaths()
    .map((subpath, index) => `import * as m${index} from "reef${subpath.slice(1)}";`)
    .join("\n");
}

function npm(args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd, env: ours(), encoding: "utf8" });
  assert.equal(status, 0, `npm ${args[0]}: ${stderr}`);
  return stdout;
}

/** The environment with this project's Node first, as npm arranges it for scripts. */
function ours(): NodeJS.ProcessEnv {
  const bin = join(root, "node_modules", ".bin");
  return { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
}

function olderNodes(): string[] {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "node"))
    .filter((node) => existsSync(node))
    .filter(
      (node) =>
        Number.parseInt(execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" })) <
        24,
    );
}
