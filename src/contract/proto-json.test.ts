import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { encodeBytes, encodeText } from "./byte-sink.ts";
import { createReader, createWriter } from "./code-build.ts";
import { createJsonCodec } from "./json-codec.ts";
import { readJson } from "./json-read.ts";
import { toJsonValue } from "./json-write.ts";
import { createProtobufCodec } from "./protobuf/protobuf-codec.ts";
import { protoBatch } from "./protobuf/test-everything.ts";
import { createValues } from "./protobuf/test-random-value.ts";

const json = createJsonCodec(protoBatch);
const protobuf = createProtobufCodec(protoBatch) ?? assert.fail();

function read(text: string): unknown {
  const bytes = Buffer.from(`{"items":[${text}]}`);
  return (json.decode(bytes, 0, bytes.length) as { items: unknown[] }).items[0];
}

function write(item: object): unknown {
  return JSON.parse(encodeText(json, { items: [item] })).items[0];
}

test("JSON of a message from .proto leaves zeros out, and has forms of its own for some values", () => {
  assert.deepEqual(write({ aInt32: 0, aString: "", words: [], byText: {}, maybe: 0 }), {
    maybe: 0,
  });
  const written = {
    aInt64: "-5",
    aDouble: "NaN",
    aFloat: "-Infinity",
    aBytes: "AQL/",
    word: "ONE",
    time: "1970-01-01T00:00:01.500Z",
    duration: "-1.000000001s",
    mask: "a,bC",
    wrappedBig: "7",
    byFlag: { true: {} },
    choiceNumber: 3,
  };
  const value = read(JSON.stringify(written)) as object;
  assert.deepEqual(write(value), written);
});

test("JSON of a message from .proto is read in each of its forms", () => {
  const cases: readonly (readonly [json: string, field: string, value: unknown])[] = [
    ['{"a_int32":7}', "aInt32", 7],
    ['{"aInt32":"7"}', "aInt32", 7],
    ['{"aInt32":7.0}', "aInt32", 7],
    ['{"aInt32":null}', "aInt32", 0],
    ['{"aInt64":5}', "aInt64", 5n],
    ['{"aUint64":"18446744073709551615"}', "aUint64", 2n ** 64n - 1n],
    ['{"aDouble":"1.5e3"}', "aDouble", 1500],
    ['{"aDouble":"Infinity"}', "aDouble", Infinity],
    ['{"aBytes":"_-8"}', "aBytes", new Uint8Array([255, 239])],
    ['{"word":1}', "word", "ONE"],
    ['{"word":99}', "word", 99],
    ['{"value":null}', "value", null],
    ['{"wrappedText":null}', "wrappedText", undefined],
    ['{"duration":"3s"}', "duration", { seconds: 3n, nanos: 0 }],
    ['{"mask":""}', "mask", { paths: [] }],
    ['{"nobody":1}', "nobody", undefined],
    ['{"time":"1970-01-01T01:00:00+01:00"}', "time", new Date(0)],
  ];
  for (const [text, field, value] of cases) {
    assert.deepEqual((read(text) as Record<string, unknown>)[field], value, text);
  }
});

test("generated code and the reference read and write JSON of a message from .proto alike", () => {
  const shape = { ...protoBatch, definitions: randomDefinitions() };
  const [write, readText] = [
    createWriter(shape, shape.definitions),
    createReader(shape, shape.definitions),
  ];
  for (let seed = 1; seed <= 30; seed++) {
    const value = createValues(seed, shape.definitions).value(shape);
    const text = JSON.stringify(toJsonValue(shape, value, shape.definitions));
    assert.equal(JSON.stringify(write(value)), text);
    const seen = readJson(shape, JSON.parse(text), shape.definitions);
    assert.deepEqual(readText(JSON.parse(text)), seen);
  }
  const forms = '{"items":[{"a_int32":"7","aInt64":1e2,"word":1,"maybe":null,"aFloat":"NaN"}]}';
  const seen = readJson(shape, JSON.parse(forms), shape.definitions);
  assert.deepEqual(readText(JSON.parse(forms)), seen);
});

const python = "/usr/bin/python3";
const imports = ["-c", "from google.protobuf import json_format"];
const noOracle =
  (spawnSync("protoc", ["--version"]).status !== 0 && "protoc is not installed") ||
  (spawnSync(python, imports).status !== 0 && "python3-protobuf is not installed");

const convert = `
import sys, everything_pb2
from google.protobuf import json_format
size = int.from_bytes(sys.stdin.buffer.read(4), "little")
message = everything_pb2.ProtoBatch.FromString(sys.stdin.buffer.read(size))
read = json_format.Parse(sys.stdin.buffer.read().decode(), everything_pb2.ProtoBatch())
assert read == message, "json_format reads something else"
sys.stdout.write(json_format.MessageToJson(message))
`;

test("JSON of random messages from .proto is that of json_format", { skip: noOracle }, () => {
  const folder = mkdtempSync(join(tmpdir(), "reef-"));
  try {
    const fixtures = fileURLToPath(new URL("protobuf/fixtures", import.meta.url));
    const made = [`--python_out=${folder}`, `--proto_path=${fixtures}`, "everything.proto"];
    assert.equal(spawnSync("protoc", made).status, 0);
    const value = createValues(3, randomDefinitions()).value(protoBatch);
    const bytes = Buffer.from(encodeBytes(protobuf, value));
    const text = encodeText(json, value);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(bytes.length);
    const input = Buffer.concat([size, bytes, Buffer.from(text)]);
    const { stdout, stderr } = spawnSync(python, ["-c", convert], { cwd: folder, input });
    assert.equal(stderr.toString(), "");
    assert.deepEqual(JSON.parse(text), JSON.parse(stdout.toString()));
    assert.deepEqual(
      json.decode(stdout, 0, stdout.length),
      protobuf.decode(bytes, 0, bytes.length),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Random seconds and paths are not always a duration and a mask: these have cases of their own. */
function randomDefinitions() {
  const { definitions = {} } = protoBatch;
  const name = "everything.Proto";
  const shape = definitions[name];
  if (shape?.kind !== "object") assert.fail();
  const { duration: _, mask: __, ...fields } = shape.fields;
  return { ...definitions, [name]: { ...shape, fields } };
}
