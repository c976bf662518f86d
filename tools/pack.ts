/**
 * Makes `npm pack` at the root give the package that users install.
 *
 * A checkout runs its sources, so `exports` in package.json name `src/*.ts`; Node refuses TypeScript under
 * node_modules, so the package must name `dist/*.js`. npm packs the manifest it finds at the root, hence `prepack`
 * builds and then puts the published manifest in its place, and `postpack` puts the checkout's back. If npm is killed
 * in between, `node tools/pack.ts postpack` (or `git restore package.json`) does what `postpack` would have done.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The fields of a package.json that this tool reads; every other field is published as it is. */
export interface Manifest {
  readonly exports: { readonly [subpath: string]: Target };
  readonly [field: string]: unknown;
}

/** Bundlers for browsers take the first; both have the types of the second. */
type Target = string | { readonly browser: string; readonly default: string };

/** The files that a sub-path leads to, the one for programs first. */
export function filesOf(target: Target): string[] {
  return typeof target === "string" ? [target] : [target.default, target.browser];
}

/** Of use in a checkout only. */
const privateFields = ["workspaces", "devDependencies", "scripts", "overrides"];

/** The manifest of the package: what the checkout's says of its sources, said of the built files. */
export function publishedManifest(manifest: Manifest): Record<string, unknown> {
  const published = Object.entries(manifest).filter(([field]) => !privateFields.includes(field));
  const exports = Object.entries(manifest.exports).map(([subpath, target]) => [
    subpath,
    publishedTarget(target),
  ]);
  return { ...Object.fromEntries(published), exports: Object.fromEntries(exports) };
}

/** Builds `dist` under `root` from nothing, so that no file of an earlier build is published. */
export function build(root: string): void {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  // To stderr: with "npm pack --json" stdout is for the answer.
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new Error("Cannot build: tsc found errors, which are named above");
}

/** Puts the published manifest in the place of the checkout's, of which it keeps a copy. */
export function swapManifest(root: string): void {
  restoreManifest(root);
  const path = join(root, "package.json");
  const text = readFileSync(path, "utf8");
  writeFileSync(keptPath(root), text);
  // A manifest of our own, which the api test reads too.
  const published = publishedManifest(JSON.parse(text) as Manifest);
  writeFileSync(path, `${JSON.stringify(published, null, 2)}\n`);
}

/** Puts the checkout's manifest back; harmless when it is there. */
export function restoreManifest(root: string): void {
  if (existsSync(keptPath(root))) renameSync(keptPath(root), join(root, "package.json"));
}

function publishedTarget(target: Target): string | Record<string, string> {
  const [own = "", browser] = filesOf(target);
  if (!own.startsWith("./src/")) return own;
  return {
    types: `${builtStem(own)}.d.ts`,
    ...(browser !== undefined && { browser: `${builtStem(browser)}.js` }),
    default: `${builtStem(own)}.js`,
  };
}

function builtStem(path: string): string {
  return path.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "");
}

function keptPath(root: string): string {
  return join(root, "package.checkout.json");
}

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  const step = process.argv[2];
  if (step === "build") build(root);
  else if (step === "postpack") restoreManifest(root);
  else if (step === "prepack") {
    build(root);
    swapManifest(root);
  } else {
    process.stderr.write("Usage: node tools/pack.ts build|prepack|postpack\n");
    process.exitCode = 2;
  }
}
