import assert from "node:assert/strict";
import { test } from "node:test";

import { ReefError } from "../core/errors.ts";
import { MethodTable } from "./method-table.ts";
import { createServerMethod } from "./server-method.ts";
import { systemClock } from "../core/clock.ts";
import { createLogger } from "../core/log.ts";
import { createEmptyMessage } from "../contract/create-message.ts";

function table(namespace: string | undefined): MethodTable {
  const methods = new MethodTable(namespace);
  const empty = createEmptyMessage();
  const method = createServerMethod({
    namespace: namespace ?? "reef",
    service: "shop",
    version: "1.0.0",
    name: "buy",
    kind: "unary",
    input: empty,
    output: empty,
    errors: {},
    errorMakers: {},
    clock: systemClock,
    log: createLogger({ write: () => {} }),
    handler: () => ({}),
    use: [],
    validateOutput: false,
  });
  methods.add("shop", [method]);
  return methods;
}

test("find() refuses callers of another namespace", () => {
  const found = table("a").find({ namespace: "b", service: "shop", kind: "unary" }, "buy");
  assert(found instanceof ReefError);
  assert.equal(found.code, "not_found");
});

test("find() answers every namespace in the caller's own, where the server says so", () => {
  const methods = table(undefined);
  for (const namespace of ["a", "b"]) {
    const found = methods.find({ namespace, service: "shop", kind: "unary" }, "buy");
    assert(!(found instanceof ReefError));
    assert.equal(found.namespace, namespace);
  }
});
