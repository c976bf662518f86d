import assert from "node:assert/strict";
import test from "node:test";
import { commands } from "./commands/index.ts";
import { createTestTerminal, runLine } from "./test-platform.ts";

const nobody = {
  openPlatform: () => assert.fail("help needs no platform"),
};

test("reef --help lists every command", async () => {
  const { stdout, exitCode } = await runLine(["--help"], nobody);
  assert.equal(exitCode, 0);
  for (const name of Object.keys(commands)) assert.match(stdout, new RegExp(`^ {2}${name} `, "m"));
  for (const args of [[], ["help"], ["-h"]]) {
    assert.equal((await runLine(args, nobody)).stdout, stdout, args.join(" "));
  }
});

test("reef kill --help teaches the command", async () => {
  const { stdout } = await runLine(["kill", "--help"], nobody);
  assert.equal(
    stdout,
    `Stop a service and forget it

Usage: reef kill NAME

The process is asked to end and finishes the calls it has; if it does not end it is killed. Its logs stay:
\`reef logs NAME\` still shows them.

Arguments:
  NAME  The service, as \`reef list\` names it

Options of every command:
  --state DIR       Folder of the platform to talk to, when there are several on this machine
  --namespace NAME  Namespace to work in
  --env NAME        Environment to work in, as \`reef env list\` names it
  --timeout TIME    Give up after this time, such as 500ms, 2s or 5m
  --yes             Do not ask before something is destroyed in another environment
  --json            Print JSON: one object, or one a line for streams
  -h, --help        Explain the command

Examples:
  reef kill greeter  stops it and returns when its process has ended
`,
  );
});

test("help of every command fits its form and a screen", async () => {
  for (const [name, load] of Object.entries(commands)) {
    const command = await load();
    assert.equal(command.name, name);
    assert.doesNotMatch(command.summary, /\.$/);
    assert.ok(command.examples.length > 0, name);
    const { stdout, exitCode } = await runLine(["help", name], nobody);
    assert.equal(exitCode, 0);
    assert.match(stdout, new RegExp(`^Usage: reef ${name}`, "m"));
    for (const line of stdout.split("\n")) assert.ok(line.length <= 120, line);
    for (const option of Object.values(command.options)) assert.notEqual(option.description, "");
  }
});

test("help wins over whatever else is wrong with the line", async () => {
  const { exitCode, stdout } = await runLine(["run", "--bogus", "--help"], nobody);
  assert.equal(exitCode, 0);
  assert.match(stdout, /^Run a service/);
});

test("help shows the usage with what follows --", async () => {
  const { stdout } = await runLine(["run", "-h"], nobody);
  assert.match(stdout, /^Usage: reef run \[PATH\] \[options\] \[-- ARGS\.\.\.\]$/m);
  assert.match(stdout, /^ {2}--env KEY\[=VALUE\] +.* \(may be repeated\)$/m);
});

test("headings are bold on a terminal and only there", async () => {
  const stdout = createTestTerminal({ isTty: true, hasColor: true });
  await runLine(["--help"], { ...nobody, stdout });
  assert.ok(stdout.text.includes("\u001b[1mUsage:\u001b[22m"));
  assert.ok(!(await runLine(["--help"], nobody)).stdout.includes("\u001b"));
});

test("version needs no platform", async () => {
  const { stdout } = await runLine(["version", "--json"], nobody);
  const { reef, node } = JSON.parse(stdout);
  assert.match(reef, /^\d+\.\d+\.\d+/);
  assert.equal(node, "26.0.0");
  assert.equal((await runLine(["--version", "--json"], nobody)).stdout, stdout);
});
