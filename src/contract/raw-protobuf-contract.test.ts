import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBytes } from "./byte-sink.ts";
import { createMessage } from "./create-message.ts";
import type { ObjectShape } from "./shape.ts";
import { rawProtobufContract } from "./raw-protobuf-contract.ts";

const shape: ObjectShape = {
  kind: "object",
  fields: { name: { shape: { kind: "string" }, number: 1 } },
};

function messageOf(input: ObjectShape) {
  const contract = rawProtobufContract(
    {
      name: "s",
      version: "1.0.0",
      methods: { m: { name: "m", kind: "unary", input, output: input } },
    },
    { jsonBytesMax: 100, refuse: (bytes) => new RangeError(`${bytes} bytes`) },
  );
  const message = contract.methods["m"]?.input;
  assert.ok(message);
  return message;
}

const { protobuf } = createMessage(shape);
assert.ok(protobuf);
const bytes = Buffer.from(encodeBytes(protobuf, { name: "Änn" }));

test("rawProtobufContract() passes bytes on where protobuf is spoken", () => {
  const { protobuf: raw } = messageOf(shape);
  assert.ok(raw);
  assert.deepEqual(Buffer.from(encodeBytes(raw, bytes)), bytes);
  // Also what nobody here could read: the far side says what is wrong with it.
  assert.deepEqual(raw.decode(Buffer.from([0xff, 0xff]), 0, 2), Buffer.from([0xff, 0xff]));
});

test("rawProtobufContract() translates where JSON is spoken, both ways", () => {
  const { json } = messageOf(shape);
  const text = Buffer.from(encodeBytes(json, bytes));
  assert.equal(text.toString(), '{"name":"Änn"}');
  assert.deepEqual(json.decode(text, 0, text.length), bytes);
});

test("rawProtobufContract() refuses bytes that are no protobuf, and what is long as JSON", () => {
  const { json } = messageOf(shape);
  assert.throws(() => encodeBytes(json, Buffer.from([0xff])), { code: "invalid_argument" });
  const long = Buffer.from(encodeBytes(protobuf, { name: "x".repeat(100) }));
  assert.throws(() => encodeBytes(json, long), { message: "111 bytes" });
});

test("rawProtobufContract() has no protobuf for a message without numbers", () => {
  const message = messageOf({ kind: "object", fields: { name: { shape: { kind: "string" } } } });
  assert.equal(message.protobuf, undefined);
  assert.throws(() => encodeBytes(message.json, bytes), { code: "failed_precondition" });
});
