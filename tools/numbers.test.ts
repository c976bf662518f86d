/** Every contract of this repository that has numbers has them all: a field that came later got its number, too. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { runLine } from "../src/cli/test-platform.ts";
import { isTest, readSources } from "./tidy/source.ts";

const lockImport = /^import .* from ".*\.numbers\.json"/m;
const folder = join(import.meta.dirname, "..");
const modules = readSources(folder).filter(({ path, uncommented }) => {
  return (
    /^(src|examples|templates)\/.*\.ts$/.test(path) && !isTest(path) && lockImport.test(uncommented)
  );
});

const openPlatform = () => assert.fail("a lock needs no platform");

test("reef contract lock has nothing to add to the contracts of this repository", async () => {
  assert.ok(modules.length >= 7, modules.map(({ path }) => path).join(", "));
  for (const { path } of modules) {
    const { exitCode, stderr } = await runLine(["contract", "lock", path, "--check"], {
      openPlatform,
      folder,
    });
    assert.equal(exitCode, 0, stderr);
  }
});
