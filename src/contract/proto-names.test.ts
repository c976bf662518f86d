import assert from "node:assert/strict";
import { test } from "node:test";
import { protoMethodName, protoServiceName } from "./proto-names.ts";

const descriptor = { name: "car-pool", version: "2.1.0", methods: {} };

test("protoServiceName() holds the major version, as two of them live side by side", () => {
  assert.equal(protoServiceName(descriptor), "car_pool.v2.CarPool");
});

test("protoServiceName() is what the contract says where it says so", () => {
  const named = { ...descriptor, proto: { service: "grpc.testing.TestService" } };
  assert.equal(protoServiceName(named), "grpc.testing.TestService");
});

test("protoMethodName() is the method with a capital letter, or what the contract says", () => {
  const named = { ...descriptor, proto: { methods: { hello: "SayHello" } } };
  assert.equal(protoMethodName(descriptor, "hello"), "Hello");
  assert.equal(protoMethodName(named, "hello"), "SayHello");
});
