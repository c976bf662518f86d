import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { encodeBytes } from "../byte-sink.ts";
import type { Codec } from "../codec.ts";
import { copyShape } from "../copy.ts";
import type { ObjectShape } from "../shape.ts";
import { createProtobufCodec } from "./protobuf-codec.ts";
import { protoBatch, writtenBatch } from "./test-everything.ts";
import { createValues } from "./test-random-value.ts";
import { textFormat } from "./test-text-format.ts";

const folder = fileURLToPath(new URL("fixtures", import.meta.url));

function protoc(flag: string, input: string | Uint8Array): Buffer {
  const args = [flag, `--proto_path=${folder}`, "everything.proto"];
  const { status, stdout, stderr } = spawnSync("protoc", args, { input, maxBuffer: 2 ** 28 });
  assert.equal(status, 0, stderr.toString().slice(0, 500));
  return stdout;
}

const noProtoc = spawnSync("protoc", ["--version"]).status !== 0 && "protoc is not installed";

function codecOf(shape: ObjectShape): Codec {
  return createProtobufCodec(shape) ?? assert.fail("the shape has numbers");
}

function decode(codec: Codec, bytes: Uint8Array): unknown {
  const framed = Buffer.concat([Buffer.from("<"), bytes, Buffer.from(">")]);
  return codec.decode(framed, 1, framed.length - 1);
}

for (const [name, shape] of [
  ["WrittenBatch", writtenBatch],
  ["ProtoBatch", protoBatch],
] as const) {
  test(`a codec and protoc read and write ${name} alike`, { skip: noProtoc }, () => {
    const codec = codecOf(shape);
    const values = createValues(7, shape.definitions ?? {});
    const items = Array.from({ length: 40 }, () => values.value(shape)).flatMap((batch) => {
      return (batch as { items: unknown[] }).items;
    });
    const value = { items };
    const ours = encodeBytes(codec, value);
    const theirs = protoc(`--encode=everything.${name}`, textFormat(shape, value));
    const seen = withDefaults(shape, value);
    assert.deepEqual(decode(codec, theirs), seen, "what protoc writes is read");
    assert.deepEqual(decode(codec, ours), seen, "what is written is read");
    const read = (bytes: Uint8Array): string =>
      protoc(`--decode=everything.${name}`, bytes).toString();
    assert.equal(read(ours), read(theirs), "protoc reads what is written");
    assert.equal(ours.length, theirs.length);
  });
}

/** As the reader sees it. */
function withDefaults(shape: ObjectShape, value: unknown): unknown {
  return copyShape(shape, value, shape.definitions);
}
