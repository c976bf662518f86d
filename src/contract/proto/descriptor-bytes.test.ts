import assert from "node:assert/strict";
import test from "node:test";
import {
  decodeFileDescriptor,
  decodeFileDescriptorSet,
  encodeFileDescriptor,
  encodeFileDescriptorSet,
} from "./descriptor-bytes.ts";
import type { FileDescriptor } from "./file-descriptor.ts";
import { encodeByTable } from "./table-bytes.ts";

const file: FileDescriptor = {
  name: "a.proto",
  package: "a",
  dependency: [],
  messageType: [
    {
      name: "A",
      field: [
        {
          name: "foo_bar",
          number: 1,
          label: "LABEL_REPEATED",
          type: "TYPE_MESSAGE",
          typeName: ".a.A",
          jsonName: "fooBar",
          options: { deprecated: true, custom: new Uint8Array([0xca, 0x3e, 1, 7]) },
        },
      ],
      nestedType: [],
      enumType: [],
      oneofDecl: [],
      reservedRange: [{ start: 5, end: 536870912 }],
    },
  ],
  enumType: [{ name: "E", value: [{ name: "LOW", number: -1 }] }],
  service: [],
  sourceCodeInfo: { location: [{ path: [4, 0], span: [1, 0, 300], leadingComments: " Hé\n" }] },
  syntax: "proto3",
};

test("encodeFileDescriptor() writes what decodeFileDescriptor() reads, custom options too", () => {
  assert.deepEqual(decodeFileDescriptor(encodeFileDescriptor(file)), file);
  const files = [file, { ...file, name: "b.proto", syntax: "editions", edition: "EDITION_2023" }];
  // What a spread of a descriptor with other words is.
  const set = files as FileDescriptor[];
  assert.deepEqual(decodeFileDescriptorSet(encodeFileDescriptorSet(set)), set);
});

test("encodeFileDescriptor() writes the bytes of protobuf", () => {
  const enumOnly = { ...file, messageType: [], sourceCodeInfo: { location: [] } };
  assert.equal(
    Buffer.from(encodeFileDescriptor(enumOnly)).toString("hex"),
    "0a07612e70726f746f120161" + // name, package
      "2a150a01451210" + // enum "E", one value
      "0a034c4f5710ffffffffffffffffff01" + // "LOW", -1 as ten bytes
      "4a00" + // source info
      "620670726f746f33", // syntax
  );
});

test("encodeByTable() refuses a word that its enum does not have", () => {
  assert.throws(() => encodeByTable("FieldDescriptorProto", { label: "LABEL_MANY" }), {
    code: "invalid_argument",
    message:
      "Cannot encode the file descriptor: label is one of LABEL_OPTIONAL, LABEL_REPEATED, LABEL_REQUIRED, " +
      'got "LABEL_MANY"; correct it',
  });
});

const deep = (): Uint8Array => {
  let bytes = new Uint8Array();
  // Each is a nested_type of the next; one more than the limit, whose first is the file's.
  for (let level = 0; level < 102; level++) {
    bytes = new Uint8Array([level === 101 ? 0x22 : 0x1a, ...lengthOf(bytes), ...bytes]);
  }
  return bytes;
};

const hostile: { readonly [claim: string]: [bytes: Uint8Array, message: RegExp] } = {
  "a length beyond the end": [new Uint8Array([0x0a, 0x7f]), /an end inside a value at byte 2/],
  "a length of 2^63": [
    new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    /an end inside a value/,
  ],
  "a number without an end": [new Uint8Array(11).fill(0x80), /a number of more than 10 bytes/],
  "field number 0": [new Uint8Array([0x00]), /field number 0/],
  "the wrong wire type": [new Uint8Array([0x08, 1]), /wire type 0 of name/],
  "text that is not UTF-8": [new Uint8Array([0x0a, 1, 0xff]), /text that is not UTF-8/],
  "groups deeper than the limit": [new Uint8Array(5000).fill(0x6b), /groups deeper than 100/],
  "messages deeper than the limit": [deep(), /messages deeper than 100/],
};

for (const [claim, [bytes, message]] of Object.entries(hostile)) {
  test(`decodeFileDescriptor() refuses ${claim}`, () => {
    assert.throws(() => decodeFileDescriptor(bytes), { code: "invalid_argument", message });
  });
}

function lengthOf({ length }: Uint8Array): number[] {
  return length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
}
