import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method } from "../contract/method.ts";
import { commandTarget, pathTarget } from "./run-target.ts";

const Pricing = contract("pricing", { fare: method({ input: t.object({ km: t.number() }) }) });

const contractModule = new URL("../contract/contract.ts", import.meta.url).href;

async function openFolder(files: { readonly [name: string]: unknown }) {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    // oxlint-disable-next-line no-await-in-loop -- a folder may be made for the next
    await mkdir(join(path, name, ".."), { recursive: true });
    // oxlint-disable-next-line no-await-in-loop
    await writeFile(join(path, name), text);
  }
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}

test("pathTarget() leaves a path without reef.json to Node", async () => {
  await using folder = await openFolder({ "index.ts": "" });
  assert.deepEqual(await pathTarget(folder.path), {
    spec: { source: folder.path },
    optional: false,
  });
  const file = join(folder.path, "index.ts");
  assert.deepEqual((await pathTarget(file)).spec, { source: file });
  await assert.rejects(pathTarget(file, { port: 80 }), /--port is of no use: .* run by Node/);
});

test("pathTarget() reads how a folder is started from its reef.json", async () => {
  await using folder = await openFolder({
    "pricing/reef.json": {
      command: "python3 'my app.py'",
      contract: "../contract.json",
      ready: "/healthz",
      env: { LEVEL: "debug" },
      optional: true,
    },
    "contract.json": Pricing.descriptor,
  });
  const path = join(folder.path, "pricing");
  assert.deepEqual(await pathTarget(path, { port: 8081 }), {
    spec: {
      command: ["python3", "my app.py"],
      folder: path,
      name: "pricing",
      contract: Pricing.descriptor,
      port: 8081,
      readiness: "/healthz",
      env: { LEVEL: "debug" },
    },
    optional: true,
  });
});

test("pathTarget() says what is wrong with a reef.json", async () => {
  const wrong: [content: unknown, message: RegExp][] = [
    ["{", /it is not JSON/],
    [{}, /"command"/],
    [{ command: "a", prot: 8081 }, /and not "prot".*port/],
    [{ command: "a", port: 0 }, /"port"/],
    [{ command: "a", ready: "soon" }, /--ready must be "port", "started" or a path/],
    [{ command: "a", contract: "gone.json" }, /gone\.json: there is no such file/],
  ];
  for (const [content, message] of wrong) {
    // oxlint-disable-next-line no-await-in-loop -- each has a folder of its own
    await using folder = await openFolder({ "reef.json": content });
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(pathTarget(folder.path), { message });
  }
});

test("commandTarget() takes a contract from a module, by its name where there are several", async () => {
  const make = (name: string) => `contract("${name}", {})`;
  const head = `import { contract } from "${contractModule}";\n`;
  await using folder = await openFolder({
    "one.ts": `${head}export const One = ${make("one")};\nexport const other = 7;\n`,
    "two.ts": `${head}export const One = ${make("one")}, Two = ${make("two")};\n`,
    "none.ts": "export const no = 1;\n",
    "broken.ts": "throw new Error('broken in two');\n",
    "bad.json": { name: "Not a name" },
  });
  const load = async (file: string) => {
    const { contract: found } = await commandTarget("a", folder.path, { contract: file });
    return found?.name;
  };
  assert.equal(await load("one.ts"), "one");
  assert.equal(await load("two.ts#Two"), "two");
  await assert.rejects(load("two.ts"), /it exports One, Two; pick one as two\.ts#One/);
  await assert.rejects(load("none.ts"), /it exports no contract/);
  await assert.rejects(load("broken.ts"), /Cannot load the contract .*: broken in two/);
  await assert.rejects(load("bad.json"), /Cannot use the contract "Not a name"/);
  await assert.rejects(load("bad.json#One"), /is not a module/);
});
