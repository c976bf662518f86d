import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { Session } from "./session.ts";

function checkout(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "reef-"));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, "package.json"), `{ "type": "module" }`);
  return root;
}

test("Session.save() gives later commands a file and leaves the checkout alone", async (t) => {
  const root = checkout(t);
  await using session = new Session(root);
  session.save("a.ts", "console.log(1 as number);");
  const { stdout } = await session.run("node a.ts", () => true);
  assert.equal(stdout, "1\n");
  assert.equal(existsSync(join(root, "a.ts")), false);
  assert.throws(() => session.save("package.json", "{}"), /would change the checkout/);
  assert.throws(() => session.save("src/a.ts", ""), /would change the checkout/);
  assert.equal(readFileSync(join(root, "package.json"), "utf8"), `{ "type": "module" }`);
});

test("Session.run() tries again while something runs in the background, and ends it with Ctrl-C", async (t) => {
  const root = checkout(t);
  const log = join(root, "ended");
  const program = `
import { writeFileSync } from "node:fs";
process.on("SIGINT", () => { writeFileSync(${JSON.stringify(log)}, "by Ctrl-C"); process.exit(); });
console.log("up");
process.stdin.on("data", () => {});
setTimeout(() => writeFileSync("late", ""), 300);
setInterval(() => {}, 1000);`;
  {
    await using session = new Session(root);
    session.save("program.js", program);
    await session.start("node program.js", (output) => output.includes("up"));
    const { exitCode } = await session.run("cat late", (finished) => finished.exitCode === 0);
    assert.equal(exitCode, 0);
  }
  assert.equal(readFileSync(log, "utf8"), "by Ctrl-C");
});

test("Session.start() says what a program printed that ended too early", async (t) => {
  await using session = new Session(checkout(t));
  await assert.rejects(
    session.start("node -e 'console.error(1); process.exit(3)'", () => false),
    /ended with 3: 1/,
  );
});
