import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { openTestPlatform, runLine } from "../../test-platform.ts";
import { t } from "../../../contract/builder.ts";
import { contract } from "../../../contract/contract.ts";
import { method } from "../../../contract/method.ts";
import { service } from "../../../rpc/service.ts";

const folder = join(import.meta.dirname, "../../../..");
const openPlatform = () => assert.fail("a file needs no platform");

test("contract show prints the contract of a file in every format", async () => {
  const show = async (...words: string[]) => {
    const line = ["contract", "show", "examples/taxi/contracts.ts#Trip", ...words];
    const { stdout, stderr, exitCode } = await runLine(line, { openPlatform, folder });
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };
  assert.match(await show(), /^syntax = "proto3";\n\npackage trip\.v1;\n[^]*\nservice Trip \{/);
  const schemas = JSON.parse(await show("--format", "jsonschema"));
  assert.equal(schemas.get.input.properties.id.type, "string");
  assert.equal(JSON.parse(await show("--format=openapi")).info.title, "trip");
  const json = JSON.parse(await show("--json"));
  assert.deepEqual([json.name, json.format], ["trip", "proto"]);
});

test("contract show says what a service needs that has no numbers, and what is unknown", async () => {
  const made = contract("plain", { hello: method({ input: t.object({ name: t.string() }) }) });
  await using platform = await openTestPlatform([service(made, { hello: () => ({}) })]);
  for (const [words, exitCode, rule] of [
    [["plain"], 1, /no number for hello\.input\.name; type reef contract lock FILE/],
    [["plain", "--format", "yaml"], 2, /Unknown format "yaml": choose one of proto, /],
    [["plan"], 1, /Cannot find service "plan"/],
    [["./plan.ts"], 1, /there is no such file/],
    [["plain", "--check"], 2, /Flag --check is for lock, not for show/],
  ] as const) {
    const { exitCode: found, stderr } = await runLine(["contract", "show", ...words], { platform });
    assert.match(stderr, rule);
    assert.equal(found, exitCode, stderr);
  }
});
