import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { madeFiles, readStatements } from "./driver-table.ts";

const root = join(import.meta.dirname, "..");

test("docs/drivers.md and README.md say of drivers what their tests state", async () => {
  for (const { path, text } of await madeFiles()) {
    const hint = `${path} is out of date; run "node tools/driver-table.ts --update"`;
    assert.ok(readFileSync(join(root, path), "utf8") === text, hint);
  }
});

test("readStatements() finds every driver, with servers or without, and what it is excused from", async () => {
  const statements = await readStatements();
  const drivers = statements.map(({ room, driver }) => `${room} ${driver}`);
  for (const name of ["registry memory", "store memory", "store postgres", "store sqlite"]) {
    assert.ok(drivers.includes(name), `${name} is not among ${drivers.join(", ")}`);
  }
  const memory = statements.find(({ room, driver }) => room === "store" && driver === "memory");
  assert.equal(memory?.survives, "nothing");
  assert.match(Object.values(memory.except).join(), /ends with its process/);
});
