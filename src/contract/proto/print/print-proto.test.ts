import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { RegistryContract } from "../../../blocks/registry/contract.ts";
import { RuntimeContract } from "../../../blocks/runtime/contract.ts";
import { StoreContract } from "../../../blocks/store/contract.ts";
import { t } from "../../builder.ts";
import { contract, type Contract } from "../../contract.ts";
import { method, notify, stream } from "../../method.ts";
import type { NumbersFile } from "../../numbers/lock-file.ts";
import { lockNumbers } from "../../numbers/lock-numbers.ts";
import { decodeFileDescriptorSet } from "../descriptor-bytes.ts";
import type { FileDescriptor } from "../file-descriptor.ts";
import { fileDescriptorsOf } from "../file-descriptors-of.ts";
import { printProto } from "./print-proto.ts";

interface Tree {
  name: string;
  children: Tree[];
}

const Tree = t.recursive<Tree>("Tree", (tree) =>
  t.object({ name: t.string(), children: t.list(tree) }),
);

function everything(numbers?: Parameters<typeof contract>[2]) {
  const input = t.object({
    maxCount: t.int32(),
    total: t.integer().optional(),
    balance: t.int64().default(0n),
    ratio: t.number(),
    raw: t.bytes(),
    at: t.timestamp().optional(),
    any: t.json(),
    color: t.enum(["red", "light-green"]).describe("Of the car"),
    tags: t.list(t.string()),
    maybeTags: t.list(t.string()).optional(),
    grid: t.list(t.list(t.int32())),
    labels: t.map(t.string()),
    seats: t.map(t.object({ row: t.int32() })),
    colors: t.map(t.list(t.enum(["dark"]))),
    nick: t.string().nullable(),
    stops: t.list(t.object({ city: t.string() }).nullable()),
    pay: t.oneof({
      card: t.object({ iban: t.string() }),
      cash: t.boolean(),
      kind: t.list(t.string()),
    }),
    tree: Tree,
    URL: t.string(),
    foo_bar: t.string(),
    fooBar: t.string(),
    "2nd": t.string(),
  });
  return contract(
    "all-of-it",
    {
      send: method({
        description: "Sends it\nall",
        input,
        output: t.object({}),
        errors: { full: { code: "resource_exhausted", data: t.object({ max: t.int32() }) } },
        idempotent: true,
      }),
      say: notify({ input: t.object({ text: t.string() }) }),
      chat: method({ input: stream(t.object({ line: t.string() })), output: stream(Tree) }),
    },
    { version: "2.1.0", description: "Everything at once", ...numbers },
  );
}

const lock = lockNumbers(everything().descriptor);
const Everything = everything({ numbers: { "all-of-it": lock } });

test("printProto() prints what protoc reads back as the same descriptor", (context) => {
  if (spawnSync("protoc", ["--version"]).status !== 0)
    return context.skip("protoc is not installed");
  const reserved = {
    "send.input": { 40: "old_name", 41: "maxCount" },
    "send.input.color": { 9: "blue" },
  };
  const grown = everything({ numbers: { "all-of-it": { ...lock, reserved } } });
  for (const one of [Everything, grown, StoreContract, RuntimeContract, RegistryContract]) {
    const file = fileOf(one);
    const { sourceCodeInfo, ...bare } = file;
    const text = printProto(file);
    const { sourceCodeInfo: info, ...read } = compiled(file.name, text);
    assert.deepEqual(read, bare, text);
    const comments = (all: typeof info) =>
      all?.location.flatMap(({ leadingComments = [] }) => leadingComments);
    assert.deepEqual(comments(info)?.toSorted(), comments(sourceCodeInfo)?.toSorted());
  }
});

test("printProto() names a method, its binding and what it promises", () => {
  const file = fileOf(planner({ "trip-planner": lockNumbers(planner().descriptor) }));
  assert.equal(file.name, "trip_planner/v1/trip_planner.proto");
  assert.equal(
    printProto(file),
    `syntax = "proto3";

package trip_planner.v1;

import "google/api/annotations.proto";

// Plans trips
service TripPlanner {
  rpc Plan(PlanRequest) returns (PlanResponse) {
    option idempotency_level = IDEMPOTENT;
    option (google.api.http) = {
      put: "/trip-planner/plans/{plan_id}"
      body: "stop"
    };
  }
  // Finds one
  rpc Find(FindRequest) returns (FindResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {
      get: "/trip-planner/plans/{id}"
    };
  }
}

message PlanRequest {
  string plan_id = 1;
  Stop stop = 2;

  message Stop {
    string city = 1;
  }
}

message PlanResponse {}

message FindRequest {
  string id = 1;
}

message FindResponse {}
`,
  );
});

function planner(numbers?: NumbersFile) {
  const plan = method({
    input: t.object({ planId: t.string(), stop: t.object({ city: t.string() }) }),
    http: { route: "PUT /plans/{planId}", body: "stop" },
    idempotent: true,
  });
  const find = method({
    description: "Finds one",
    input: t.object({ id: t.string() }),
    http: "GET /plans/{id}",
    idempotent: true,
  });
  const options = { version: "1.0.0", description: "Plans trips" };
  return contract("trip-planner", { plan, find }, { ...options, ...(numbers && { numbers }) });
}

function fileOf({ descriptor }: Contract): FileDescriptor {
  return fileDescriptorsOf(descriptor).at(-1) ?? assert.fail();
}

function compiled(name: string, text: string): FileDescriptor {
  const folder = mkdtempSync(join(tmpdir(), "reef-proto-"));
  try {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    const words = ["-I.", "--include_source_info", "--descriptor_set_out=set", name];
    const { status, stderr } = spawnSync("protoc", words, { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, `${stderr}\n${text}`);
    return decodeFileDescriptorSet(readFileSync(join(folder, "set")))[0] ?? assert.fail();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
