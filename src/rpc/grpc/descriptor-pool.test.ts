import assert from "node:assert/strict";
import { test } from "node:test";

import { compileProtos } from "../../contract/proto/compile-protos.ts";
import { contractFromProto } from "../../contract/proto/contract-from-proto.ts";
import { decodeFileDescriptor } from "../../contract/proto/descriptor-bytes.ts";
import { Probe } from "../conformance/probe.ts";
import { DescriptorPool } from "./descriptor-pool.ts";

const source = `
  syntax = "proto2";
  package shelf.v1;
  message Book { optional int32 n = 1; extensions 100 to 200; }
  extend Book { optional string cover = 120; }
  message Notes { extend Book { optional string note = 110; } }
  service Shelf { rpc Look(Book) returns (Book); }`;

async function openPool(): Promise<DescriptorPool> {
  const files = await compileProtos("shelf.proto", async () => source);
  const shelf = contractFromProto(files, "shelf.v1.Shelf");
  const all = new Map([
    ["shelf.v1.Shelf", shelf],
    ["probe.v1.Probe", Probe.descriptor],
  ]);
  return new DescriptorPool(() => all);
}

function namesOf(files: readonly Uint8Array[]): string[] {
  return files.map((bytes) => decodeFileDescriptor(bytes).name);
}

test("DescriptorPool gives a file with what it imports, Google's own too", async () => {
  const pool = await openPool();
  const timestamp = "google/protobuf/timestamp.proto";
  assert.deepEqual(namesOf(pool.filesOfSymbol("probe.v1.Probe.Hello")), [
    "probe/v1/probe.proto",
    timestamp,
  ]);
  assert.deepEqual(namesOf(pool.filesOf(timestamp)), [timestamp]);
  assert.deepEqual(namesOf(pool.filesOfSymbol("google.protobuf.Timestamp")), [timestamp]);
});

test("DescriptorPool finds extensions, at the top of a file and in a message", async () => {
  const pool = await openPool();
  assert.deepEqual(pool.extensionNumbersOf("shelf.v1.Book"), [110, 120]);
  assert.deepEqual(pool.extensionNumbersOf("shelf.v1.Notes"), []);
  for (const number of [110, 120]) {
    assert.deepEqual(namesOf(pool.filesOfExtension("shelf.v1.Book", number)), ["shelf.proto"]);
  }
  for (const ask of [
    () => pool.filesOfExtension("shelf.v1.Book", 111),
    () => pool.extensionNumbersOf("shelf.v1.Nobody"),
  ]) {
    assert.throws(ask, { code: "not_found" });
  }
});
