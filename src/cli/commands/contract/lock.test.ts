import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { runLine } from "../../test-platform.ts";

const nobody = {
  openPlatform: () => assert.fail("a lock needs no platform"),
};

const reef = new URL("../../../index.ts", import.meta.url).href;

/** A module with one contract. */
function moduleText(fields: string, options = "") {
  return (
    `import { contract, method, t } from ${JSON.stringify(reef)};\n` +
    `export const Greeter = contract("greeter", { hello: method({ input: t.object({${fields}}) }) }${options});\n` +
    `export default Greeter;\n`
  );
}

test("contract lock writes the numbers, says which line takes them in, and then has nothing to do", async () => {
  await using folder = await openFolder({
    "greeter.contract.ts": moduleText("name: t.string()"),
    "greeter.ts":
      `import numbers from "./greeter.numbers.json" with { type: "json" };\n` +
      moduleText("name: t.string()", ", { numbers }"),
  });
  const first = await folder.run("contract", "lock", "greeter.contract.ts");
  assert.equal(first.exitCode, 0, first.stderr);
  assert.equal(first.stdout, "greeter: 1 number given\n");
  assert.equal(
    first.stderr,
    "Written: greeter.numbers.json\n" +
      "next, in greeter.contract.ts:\n" +
      '  import numbers from "./greeter.numbers.json" with { type: "json" };\n' +
      "  and give it to contract(name, methods, { numbers })\n",
  );
  const numbers = { greeter: { numbers: { "hello.input": { name: 1 } } } };
  assert.equal(await folder.read("greeter.numbers.json"), `${JSON.stringify(numbers, null, 2)}\n`);
  const second = await folder.run("contract", "lock", "greeter.ts");
  assert.equal(second.stdout, "greeter: every field has its number\n");
  assert.equal(second.stderr, "greeter.numbers.json stays as it is\n");
  const check = await folder.run("contract", "lock", "greeter.ts", "--check");
  assert.equal(check.exitCode, 0);
});

test("contract lock --check names what is missing, and writes nothing", async () => {
  const old = { numbers: { "hello.input": { name: 1, title: 2 } } };
  const other = { numbers: { "a.input": { b: 3 } } };
  await using folder = await openFolder({
    "more.ts": moduleText("name: t.string(), age: t.int32()"),
    "more.numbers.json": JSON.stringify({ other, greeter: old }),
    "less.ts": moduleText("name: t.string()"),
    "less.numbers.json": JSON.stringify({ greeter: old }),
  });
  const more = await folder.run("contract", "lock", "more.ts", "--check");
  assert.equal(more.exitCode, 1);
  assert.match(
    more.stderr,
    /Cannot go on with more\.numbers\.json: greeter\.hello\.input\.age has no number in it/,
  );
  assert.match(more.stderr, /try: reef contract lock more\.ts/i);
  const less = await folder.run("contract", "lock", "less.ts", "--check");
  assert.match(less.stderr, /greeter\.hello\.input\.title is gone/);
  const written = await folder.run("contract", "lock", "more.ts", "--json");
  assert.deepEqual(JSON.parse(written.stdout).contracts, [
    {
      name: "greeter",
      given: ["greeter.hello.input.age"],
      reserved: ["greeter.hello.input.title"],
    },
  ]);
  assert.deepEqual(JSON.parse(await folder.read("more.numbers.json")), {
    greeter: {
      numbers: { "hello.input": { name: 1, age: 3 } },
      reserved: { "hello.input": { 2: "title" } },
    },
    other,
  });
});

test("contract lock says what is wrong with what it is given", async () => {
  const twice = moduleText("name: t.string()").replace(
    "export default Greeter",
    `export const Twin = contract("greeter", {})`,
  );
  await using folder = await openFolder({
    "none.ts": "export const a = 1;",
    "twice.ts": twice,
    "damaged.ts": moduleText("name: t.string()"),
    "damaged.numbers.json": "{ <<<<<<<",
    "wrong.ts": moduleText("name: t.string()"),
    "wrong.numbers.json": `{"greeter":{"numbers":{"hello.input":{"name":0}}}}`,
  });
  for (const [words, exitCode, rule] of [
    [["lock", "none.ts"], 2, /none\.ts: it exports no contract/],
    [["lock", "missing.ts"], 1, /Cannot load the contract \S+missing\.ts: there is no such file/],
    [["lock", "a.json"], 2, /a\.json: it is not a module/],
    [["lock", "twice.ts"], 2, /it exports two contracts "greeter"; give each a module of its own/],
    [["lock", "damaged.ts"], 1, /it is not a JSON object; put it back as it was/],
    [["lock", "wrong.ts"], 1, /"name" has 0, a number is a whole one from 1/],
    [["lok", "none.ts"], 2, /Unknown action "lok" \(did you mean "lock"\?\)/],
  ] as const) {
    const { exitCode: found, stderr } = await folder.run("contract", ...words);
    assert.match(stderr, rule);
    assert.equal(found, exitCode, stderr);
  }
});

async function openFolder(files: { readonly [name: string]: string }) {
  const path = await mkdtemp(join(tmpdir(), "reef-lock-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return {
    read: (name: string) => readFile(join(path, name), "utf8"),
    run: (...words: string[]) => runLine(words, { ...nobody, folder: path }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}
