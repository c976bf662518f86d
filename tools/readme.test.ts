/**
 * Follows README.md, pages in docs and the examples of doc comments, so that what they say stays true. How to write a
 * block:
 *
 * - ```ts runs as a module. `console.log(n); // -> 3` says what it prints: all `// ->` together are all that it prints,
 *   however it breaks lines: a loop may say `// -> 1 2 3`.
 * - ```ts with `// greeter.ts` as the first line is saved under that name and not run; later blocks use it.
 * - ```python with `# greeter.py` as the first line is saved under that name, too.
 * - ```sh runs in bash, line by line, in a folder that looks like the checkout. `$ ` before commands makes the other
 *   lines their output, in which `...` stands for anything; without `$ ` only the exit code counts.
 * - A command that ends in ` &`, and `npm start`, goes on running to the end of the text; the lines below it are waited
 *   for. While it runs, a command that fails is tried again for 60 s.
 * - `npm ci` and `npm run <script>` are not run from here (`.ci/run` does that); the script must exist.
 * - `@example` in a doc comment of src is a module like ```ts.
 * - Other languages (json, http, text) are for reading only.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import {
  blocksIn,
  commandsIn,
  nameOf,
  outputMatches,
  printedBy,
  type Command,
} from "./readme/blocks.ts";
import { examplesIn } from "./readme/examples.ts";
import { Session, type Finished } from "./readme/session.ts";
import { missingServers } from "./install-servers.ts";
import { readSources } from "./tidy/source.ts";

const root = join(import.meta.dirname, "..");
// A manifest of our own.
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

const pages: { readonly path: string; readonly needs?: string; readonly folders?: string }[] = [
  { path: "README.md" },
  { path: "docs/environments.md" },
  { path: "docs/security.md" },
  { path: "docs/http.md" },
  { path: "docs/contracts.md" },
  { path: "docs/namespaces.md" },
  { path: "docs/foreign-programs.md", needs: "python3" },
  { path: "docs/python.md", needs: "grpc_tools", folders: "/usr/lib/python3/dist-packages" },
  { path: "docs/store-from-python.md", needs: "grpc_python_plugin" },
];

/** README.md has taken 97 s on a busy machine; what hangs is ended by the session long before. */
const pageTimeoutMs = 300_000;

for (const { path, needs, folders } of pages) {
  const where = { ...(folders !== undefined && { folders }) };
  const wanted = needs === undefined ? [] : [{ command: needs, aptPackage: needs, ...where }];
  const skip = missingServers(wanted, process.env.PATH ?? "").length > 0 && `without ${needs}`;
  test(`${path} does what it says`, { skip, timeout: pageTimeoutMs }, async (t) => {
    const text = readFileSync(join(root, path), "utf8");
    await using session = new Session(root);
    for (const block of blocksIn(text)) {
      const name = `${path}:${block.line} ${block.language}`;
      if (block.language === "python") saveNamed(session, block.text);
      if (block.language === "ts") await t.test(name, () => followModule(session, block.text));
      if (block.language === "sh") await t.test(name, () => followCommands(session, block.text));
    }
  });
}

test("the examples of doc comments print what they say", async (t) => {
  await using session = new Session(root);
  for (const { path, line, code } of readSources(join(root, "src")).flatMap(examplesIn)) {
    await t.test(`src/${path}:${line}`, () => followModule(session, code));
  }
});

function saveNamed(session: Session, code: string): void {
  const name = nameOf(code);
  assert(name !== undefined, "a block in Python says its name in the first line");
  session.save(name, code);
}

async function followModule(session: Session, code: string): Promise<void> {
  const name = nameOf(code);
  if (name !== undefined) return session.save(name, code);
  const finished = await session.runModule(code);
  assert.equal(finished.exitCode, 0, finished.stderr);
  const expected = printedBy(code);
  if (expected !== undefined) assert.equal(oneLine(finished.stdout), oneLine(expected.join(" ")));
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}

async function followCommands(session: Session, block: string): Promise<void> {
  for (const { command, background, output } of commandsIn(block).flatMap(executable)) {
    const printed = (text: string) => output === undefined || outputMatches(`${output}...`, text);
    if (background) {
      await session.start(command, printed);
      continue;
    }
    const finished = await session.run(command, (result) => isAsSaid(result, output));
    const { exitCode, stdout, stderr } = finished;
    assert.ok(
      isAsSaid(finished, output),
      `$ ${command} (exit ${exitCode})\n${stdout}${stderr}\n${session.told()}`,
    );
  }
}

/** With output in the text, that counts: an example may be about a failure. */
function isAsSaid({ exitCode, stdout, stderr }: Finished, output: string | undefined): boolean {
  return output === undefined ? exitCode === 0 : outputMatches(output, stdout + stderr);
}

/** What is left of a command without the steps that install and test, whose scripts must exist. */
function executable(whole: Command): Command[] {
  const steps = whole.command.split("&&").map((step) => step.trim());
  const left = steps.filter((step) => {
    const [, script] = /^npm (?:run )?([\w:]+)/.exec(step) ?? [];
    if (script === undefined) return true;
    if (script === "ci") assert.ok(existsSync(join(root, "package-lock.json")));
    else
      assert.ok(
        script in scripts,
        `README.md names "${step}", which package.json has no script for`,
      );
    return script === "start";
  });
  return left.length === 0 ? [] : [{ ...whole, command: left.join(" && ") }];
}
