import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { encodeBytes } from "../byte-sink.ts";
import { t } from "../builder.ts";
import { contract } from "../contract.ts";
import { client } from "../../framework/client.ts";
import { method, stream } from "../method.ts";
import { lockNumbers } from "../numbers/lock-numbers.ts";
import { missingNumber } from "../numbers/missing-number.ts";
import { service } from "../../rpc/service.ts";
import { compileProtos } from "./compile-protos.ts";
import { contractFromProto } from "./contract-from-proto.ts";
import { decodeFileDescriptorSet } from "./descriptor-bytes.ts";
import type { FileDescriptor } from "./file-descriptor.ts";
import { fileDescriptorsOf } from "./file-descriptors-of.ts";
import { encodeHttpRule } from "./http-rule.ts";
import { printProto } from "./print/print-proto.ts";
import { protoContract } from "./proto-contract.ts";

const skip = spawnSync("protoc", ["--version"]).status !== 0 && "protoc is not installed";

const shop = `syntax = "proto3";
package acme.shop.v2;
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/empty.proto";

// Sells things
service ShopFront {
  // Finds
  // one thing
  rpc FindThing(Thing.Key) returns (Thing) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Toggle(google.protobuf.Empty) returns (stream Thing);
  rpc ToString(stream Thing) returns (google.protobuf.Empty);
}

// A thing
message Thing {
  message Key { string thing_id = 1; }
  // Who it is
  Key key = 1;
  int64 price = 2;
  optional sint32 level = 3;
  repeated fixed32 codes = 4 [packed = false];
  map<int32, Thing> parts = 5;
  oneof pay { string card = 6; bool cash = 7; }
  google.protobuf.Timestamp made_at = 8;
  google.protobuf.StringValue nick = 9;
  Color color = 10;
  enum Color { COLOR_NONE = 0; COLOR_RED = 4; }
}
`;

test("contractFromProto() says everything that a .proto says", { skip }, () => {
  const files = compiled(shop);
  const descriptor = contractFromProto(files, "acme.shop.v2.ShopFront");
  const { name, version, description, methods, proto } = descriptor;
  assert.deepEqual([name, version, description], ["shop-front", "2.0.0", "Sells things"]);
  assert.deepEqual(Object.keys(methods), ["findThing", "toggle", "toString_"]);
  assert.deepEqual(proto?.methods, { toString_: "ToString" });
  assert.equal(missingNumber(descriptor), undefined);
  const { findThing, toggle, toString_ } = methods;
  assert.deepEqual(
    [findThing?.kind, toggle?.kind, toString_?.kind],
    ["unary", "server_stream", "client_stream"],
  );
  assert.equal(findThing?.description, "Finds\none thing");
  assert.equal(findThing?.idempotent, true);
  const thing = findThing?.output;
  const color = {
    kind: "enum",
    values: ["COLOR_NONE", "COLOR_RED"],
    numbers: { COLOR_NONE: 0, COLOR_RED: 4 },
    open: true,
  };
  const ref = { kind: "ref", to: "acme.shop.v2.Thing" };
  assert.deepEqual(thing?.fields, {
    key: {
      shape: { kind: "ref", to: "acme.shop.v2.Thing.Key", description: "Who it is" },
      optional: true,
      number: 1,
    },
    price: { shape: { kind: "int64" }, default: "0", implicit: true, number: 2 },
    level: { shape: { kind: "int32", wire: "zigzag" }, optional: true, number: 3 },
    codes: {
      shape: { kind: "list", items: { kind: "uint32", wire: "fixed" }, packed: false },
      default: [],
      implicit: true,
      number: 4,
    },
    parts: {
      shape: { kind: "map", keys: { kind: "int32" }, values: ref },
      default: {},
      implicit: true,
      number: 5,
    },
    card: { shape: { kind: "string" }, optional: true, number: 6 },
    cash: { shape: { kind: "boolean" }, optional: true, number: 7 },
    madeAt: { shape: { kind: "timestamp" }, optional: true, number: 8, protoName: "made_at" },
    nick: { shape: { kind: "wrapper", inner: { kind: "string" } }, optional: true, number: 9 },
    color: { shape: color, default: "COLOR_NONE", implicit: true, number: 10 },
  });
  assert.deepEqual(thing?.oneofs, { pay: ["card", "cash"] });
  assert.equal(thing?.description, "A thing");
  assert.deepEqual(Object.keys(thing?.definitions ?? {}).toSorted(), [
    "acme.shop.v2.Thing",
    "acme.shop.v2.Thing.Key",
  ]);
  const again = fileDescriptorsOf(descriptor).at(-1) ?? assert.fail();
  assert.match(printProto(again, files), /\n\/\/ Sells things\nservice ShopFront \{/);
});

test(
  "contractFromProto() takes the bindings that reef can say, without the name of the service",
  { skip },
  () => {
    const files = compiled(shop);
    const find = files.at(-1)?.service[0]?.method[0] ?? assert.fail();
    for (const [rule, http] of [
      [{ verb: "GET", path: "/shop-front/things/{thing_id}" }, "GET /things/{thingId}"],
      [{ verb: "POST", path: "/v1/things:find", body: "*" }, undefined],
      [{ verb: "POST", path: "/things", body: "*" }, "POST /things"],
      [
        { verb: "PUT", path: "/things/x", body: "thing_id" },
        { route: "PUT /things/x", body: "thingId" },
      ],
      [{ verb: "POST", path: "/things" }, undefined],
      [{ verb: "GET", path: "/{thing_id=things/*}" }, undefined],
    ] as const) {
      find.options = { custom: encodeHttpRule(rule) };
      const { methods } = contractFromProto(files, "acme.shop.v2.ShopFront");
      assert.deepEqual(methods["findThing"]?.http, http);
    }
  },
);

test("contractFromProto() keeps no file that only options need, and they come back", async () => {
  const text = shop
    .replace("import", `import "google/api/annotations.proto";\nimport`)
    .replace("NO_SIDE_EFFECTS;", `NO_SIDE_EFFECTS; option (google.api.http).get = "/things";`);
  const files = await compileProtos("a.proto", (path) => (path === "a.proto" ? text : undefined));
  const descriptor = contractFromProto(files, "acme.shop.v2.ShopFront");
  const kept = decodeFileDescriptorSet(Buffer.from(descriptor.proto?.files ?? "", "base64"));
  const used = ["timestamp", "wrappers", "empty"].map((name) => `google/protobuf/${name}.proto`);
  assert.deepEqual(kept.map(({ name }) => name).toSorted(), ["a.proto", ...used].toSorted());
  const all = fileDescriptorsOf(descriptor).map(({ name }) => name);
  assert.deepEqual(all.toSorted(), files.map(({ name }) => name).toSorted());
  // What was kept is enough to make the same contract.
  assert.deepEqual(contractFromProto(kept, "acme.shop.v2.ShopFront"), descriptor);
});

test("contractFromProto() names what is there when a service is not", { skip }, () => {
  assert.throws(() => contractFromProto(compiled(shop), "acme.shop.v2.Shopfront"), {
    code: "not_found",
    message: /Cannot find the service "acme\.shop\.v2\.Shopfront".*acme\.shop\.v2\.ShopFront/,
  });
});

test("a contract from .proto and the same one from schemas answer alike", { skip }, async () => {
  const written = greeter();
  const numbered = greeter({ greeter: lockNumbers(written.descriptor) });
  const text = printProto(fileDescriptorsOf(numbered.descriptor).at(-1) ?? assert.fail());
  const { proto } = contractFromProto(compiled(text), "greeter.v1.Greeter");
  const fromProto = protoContract<typeof numbered.methods>("greeter", {
    service: "greeter.v1.Greeter",
    files: proto?.files ?? assert.fail(),
  });
  const answers = [];
  for (const made of [numbered, fromProto]) {
    const served = service(made, {
      hello({ name, times, tags }) {
        return { message: Array.from({ length: times }, () => `Hello ${name}`).join(), tags };
      },
      async *count({ to }) {
        for (let n = 1; n <= to; n += 1) yield { n };
      },
    });
    const caller = client(served);
    const hello = await caller.hello({ name: "Ann", times: 2, tags: ["a"] });
    const counted = await Array.fromAsync(caller.count({ to: 3 }));
    const { protobuf } = made.methods.hello.input;
    assert.ok(protobuf, "it has numbers");
    const bytes = encodeBytes(protobuf, { name: "Ann", times: 2, tags: ["a"] });
    answers.push({ hello, counted, bytes });
  }
  assert.deepEqual(answers[0], answers[1]);
});

function greeter(numbers?: { readonly greeter: ReturnType<typeof lockNumbers> }) {
  const input = t.object({ name: t.string(), times: t.int32(), tags: t.list(t.string()) });
  const output = t.object({ message: t.string(), tags: t.list(t.string()) });
  const to = t.object({ to: t.int32() });
  return contract(
    "greeter",
    {
      hello: method({ input, output, idempotent: true }),
      count: method({ input: to, output: stream(t.object({ n: t.int32() })) }),
    },
    { version: "1.0.0", ...(numbers && { numbers }) },
  );
}

function compiled(text: string): FileDescriptor[] {
  const folder = mkdtempSync(join(tmpdir(), "reef-proto-"));
  try {
    writeFileSync(join(folder, "a.proto"), text);
    const words = ["--include_imports", "--include_source_info", "--descriptor_set_out=set"];
    const { status, stderr } = spawnSync("protoc", ["-I.", ...words, "a.proto"], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    return decodeFileDescriptorSet(readFileSync(join(folder, "set")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
