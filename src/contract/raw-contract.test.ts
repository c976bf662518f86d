import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBytes } from "./byte-sink.ts";
import { t } from "./builder.ts";
import { contract } from "./contract.ts";
import { method } from "./method.ts";
import { rawContract } from "./raw-contract.ts";
import { errorDataFromJson } from "./typed-error.ts";

const Greeter = contract("greeter", {
  hello: method({
    input: t.object({ name: t.string() }),
    output: t.object({ message: t.string() }),
    errors: { late: { code: "aborted", data: t.object({ at: t.timestamp() }) } },
  }),
});

test("rawContract() passes JSON bytes on as they are", () => {
  const raw = rawContract(Greeter.descriptor);
  assert.equal(raw.digest, Greeter.digest);
  const input = raw.methods["hello"]?.input;
  assert.ok(input);
  const body = Buffer.from('{ "name" : 7 }');
  assert.equal(input.copy(body), body);
  assert.equal(input.validate(body), body);
  assert.deepEqual(encodeBytes(input.json, body), body);
  const wire = Buffer.from('..{"name":1}..');
  const read = input.json.decode(wire, 2, wire.length - 2);
  wire.fill(0);
  assert.ok(Buffer.isBuffer(read));
  assert.equal(read.toString(), '{"name":1}');
});

test("rawContract() leaves the data of typed errors as JSON", () => {
  const { errors } = rawContract(Greeter.descriptor).methods["hello"] ?? assert.fail();
  assert.equal(errors["late"]?.code, "aborted");
  const data = { at: "1970-01-01T00:00:00.000Z" };
  assert.deepEqual(errorDataFromJson(errors, "late", data), data);
});

test("rawContract() refuses what is no descriptor", () => {
  const data = { ...Greeter.descriptor, name: "No" };
  assert.throws(() => rawContract(data), { code: "invalid_argument" });
});
