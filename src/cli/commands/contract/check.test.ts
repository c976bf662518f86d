import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { t } from "../../../contract/builder.ts";
import { contract } from "../../../contract/contract.ts";
import { method } from "../../../contract/method.ts";
import { service } from "../../../rpc/service.ts";
import { openTestPlatform, runLine } from "../../test-platform.ts";

const name = t.object({ name: t.string() });
const named = t.object({ name: t.string(), title: t.string() });
const titled = t.object({ name: t.string(), title: t.string().optional() });

function greeter(input: typeof name | typeof named | typeof titled, version: string) {
  return contract("greeter", { hello: method({ input }) }, { version });
}

async function openFiles() {
  const folder = await mkdtemp(join(tmpdir(), "reef-check-"));
  const contracts = {
    old: greeter(name, "1.2.0"),
    added: greeter(titled, "1.2.0"),
    broken: greeter(named, "1.3.0"),
    next: greeter(named, "2.0.0"),
    early: greeter(name, "0.1.0"),
    earlier: greeter(named, "0.1.0"),
  };
  for (const [file, { descriptor }] of Object.entries(contracts)) {
    await writeFile(join(folder, `${file}.json`), JSON.stringify(descriptor));
  }
  return {
    folder,
    check: (...words: string[]) => runLine(["contract", "check", ...words], { folder }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test("contract check says what breaks, in which format, and which version it needs", async () => {
  await using files = await openFiles();
  const { exitCode, stdout, stderr } = await files.check("old.json", "broken.json");
  assert.equal(exitCode, 1);
  assert.equal(
    stdout,
    "VERDICT   BREAKS  CHANGE\n" +
      "breaking  json    hello input.title is new and required: older callers do not send it; make it optional or give it a default\n",
  );
  assert.equal(
    stderr,
    "greeter 1.2.0 to 1.3.0: one change breaks older callers; give it version 2.0.0, or only add\n",
  );
  const inJson = JSON.parse((await files.check("old.json", "broken.json", "--json")).stdout);
  assert.partialDeepStrictEqual(inJson, {
    name: "greeter",
    from: "1.2.0",
    to: "1.3.0",
    verdict: "breaking",
    allowed: false,
    needs: "2.0.0",
    changes: [{ method: "hello", path: "input.title", breaking: true }],
  });
});

test("contract check lets additions pass, new major versions, and what is not promised yet", async () => {
  await using files = await openFiles();
  for (const [older, newer, said] of [
    ["old", "old", /1\.2\.0 to 1\.2\.0: the same promise/],
    ["old", "added", /only additions.*; as 1\.3\.0 callers could ask for what is new/],
    ["old", "next", /1\.2\.0 to 2\.0\.0: breaking, in a major version of its own/],
    ["early", "earlier", /before 1\.0\.0 nothing is promised/],
  ] as const) {
    const { exitCode, stderr } = await files.check(`${older}.json`, `${newer}.json`);
    assert.match(stderr, said);
    assert.equal(exitCode, 0);
  }
});

test("contract check takes .proto files", async () => {
  await using files = await openFiles();
  const text = (fields: string) =>
    `syntax = "proto3"; package a.v1; service A { rpc X(M) returns (M); } message M { ${fields} }`;
  await writeFile(join(files.folder, "old.proto"), text("int32 a = 1;"));
  await writeFile(join(files.folder, "new.proto"), text("int32 a = 1; int32 b = 2;"));
  assert.equal((await files.check("old.proto", "new.proto")).exitCode, 0);
  assert.equal((await files.check("new.proto#a.v1.A", "old.proto")).exitCode, 1);
});

test("contract check holds one file against what runs under its name", async () => {
  await using files = await openFiles();
  const { folder } = files;
  const running = service(greeter(name, "1.2.0"), { hello: () => ({}) });
  await using platform = await openTestPlatform([running]);
  const against = (...words: string[]) =>
    runLine(["contract", "check", ...words], { folder, platform });
  const broken = await against("broken.json");
  assert.equal(broken.exitCode, 1);
  assert.match(broken.stderr, /greeter 1\.2\.0 to 1\.3\.0: one change breaks/);
  assert.equal((await against("added.json")).exitCode, 0);
  assert.equal((await against("greeter", "broken.json")).exitCode, 1);
  assert.equal((await against("greeter@1", "next.json")).exitCode, 0);
  await using nobody = await openTestPlatform([]);
  const lost = await runLine(["contract", "check", "old.json"], { folder, platform: nobody });
  assert.equal(lost.exitCode, 1);
  assert.match(lost.stderr, /no node of "greeter" runs in namespace "default"/);
});
