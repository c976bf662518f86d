/** Loads the tests of all drivers, runs none of them, and tells the parent what each of them states. */
import { subscribe } from "node:diagnostics_channel";
import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { statementChannel } from "../../src/testing/suite.ts";

const root = join(import.meta.dirname, "../..");
const tests = ["src/blocks/*/drivers/*.test.ts", "src/blocks/*/remote.test.ts"];

subscribe(statementChannel, (statement) => process.send?.(statement));
for (const path of globSync(tests, { cwd: root }).toSorted()) {
  // One after the other, so that the order of the table does not depend on who is loaded first.
  // oxlint-disable-next-line no-await-in-loop
  await import(pathToFileURL(join(root, path)).href);
}
// What tests have opened to run is not waited for: none runs.
process.disconnect?.();
process.exit();
