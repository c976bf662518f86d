/** What edition 2023 says of fields one by one is in the contract, and on the wire as `buf convert` has it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { encodeBytes } from "../byte-sink.ts";
import { compileProtos } from "./compile-protos.ts";
import { contractFromProto } from "./contract-from-proto.ts";
import { protoContract } from "./proto-contract.ts";
import { bufConvert } from "./test-buf.ts";

const text = `edition = "2023";
package frames.v1;
service Frames { rpc Send(Frame) returns (Frame); }
message Frame {
  int32 explicit = 1;
  int32 implicit = 2 [features.field_presence = IMPLICIT];
  string required = 3 [features.field_presence = LEGACY_REQUIRED];
  Frame delimited = 4 [features.message_encoding = DELIMITED];
  Frame prefixed = 5;
  repeated sint32 packed = 6;
  repeated sint32 expanded = 7 [features.repeated_field_encoding = EXPANDED];
  Closed closed = 8;
  Open open = 9;
  map<string, Frame> frames = 10;
  int32 defaulted = 11 [default = 7];
  oneof pick { string word = 12; Frame framed = 13 [features.message_encoding = DELIMITED]; }
}
enum Closed { option features.enum_type = CLOSED; CLOSED_ONE = 1; CLOSED_TWO = 2; }
enum Open { OPEN_NONE = 0; OPEN_SOME = 1; }
`;

async function frames() {
  const files = await compileProtos("frames.proto", (path) => {
    return path === "frames.proto" ? text : undefined;
  });
  return contractFromProto(files, "frames.v1.Frames");
}

test("contractFromProto() takes what edition 2023 says of each field", async () => {
  const { fields = {}, oneofs } = (await frames()).methods["send"]?.input ?? {};
  const frame = { kind: "ref", to: "frames.v1.Frame" };
  const numbers = { CLOSED_ONE: 1, CLOSED_TWO: 2 };
  assert.partialDeepStrictEqual(fields, {
    explicit: { shape: { kind: "int32" }, optional: true },
    implicit: { default: 0, implicit: true },
    delimited: { shape: frame, optional: true, delimited: true },
    framed: { shape: frame, optional: true, delimited: true },
    expanded: { shape: { kind: "list", packed: false } },
    closed: { shape: { kind: "enum", values: ["CLOSED_ONE", "CLOSED_TWO"], numbers } },
    open: { shape: { kind: "enum", open: true } },
    defaulted: { default: 7 },
  });
  const { required, prefixed, packed, closed } = fields;
  assert.deepEqual([required?.optional, required?.default], [undefined, undefined]);
  assert.equal(prefixed?.delimited, undefined);
  assert.deepEqual(packed?.shape, { kind: "list", items: { kind: "int32", wire: "zigzag" } });
  assert.equal(Object.hasOwn(closed?.shape ?? {}, "open"), false);
  assert.deepEqual(oneofs, { pick: ["word", "framed"] });
});

const inner = { required: "in", packed: [], expanded: [], frames: {}, implicit: 0, defaulted: 7 };

test("a message of edition 2023 is on the wire what buf makes of its JSON, and back", async () => {
  const { proto } = await frames();
  const made = protoContract("frames", {
    service: "frames.v1.Frames",
    files: proto?.files ?? assert.fail(),
  });
  const { protobuf } = made.methods["send"]?.input ?? {};
  assert.ok(protobuf, "it has numbers");
  const folder = mkdtempSync(join(tmpdir(), "reef-editions-"));
  try {
    writeFileSync(join(folder, "frames.proto"), text);
    for (const [json, value] of [
      [{ required: "" }, { ...inner, required: "" }],
      [
        { required: "a", explicit: 0, delimited: { required: "in" }, prefixed: { required: "in" } },
        { ...inner, required: "a", explicit: 0, delimited: inner, prefixed: inner },
      ],
      [
        { required: "a", packed: [1, -2], expanded: [3, -4], closed: "CLOSED_TWO", open: 9 },
        {
          ...inner,
          required: "a",
          packed: [1, -2],
          expanded: [3, -4],
          closed: "CLOSED_TWO",
          open: 9,
        },
      ],
      [
        { required: "a", implicit: 5, defaulted: 0, frames: { k: { required: "in" } } },
        { ...inner, required: "a", implicit: 5, defaulted: 0, frames: { k: inner } },
      ],
      [
        { required: "a", framed: { required: "in" } },
        { ...inner, required: "a", framed: inner },
      ],
    ] as const) {
      const theirs = bufConvert(join(folder, "frames.proto"), "frames.v1.Frame", json);
      assert.partialDeepStrictEqual(protobuf.decode(theirs, 0, theirs.length), value);
      // In memory it is what it is in JSON: there is no 64-bit number and no bytes.
      assert.deepEqual(Buffer.from(encodeBytes(protobuf, json)), theirs);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
