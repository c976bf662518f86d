import assert from "node:assert/strict";
import { test } from "node:test";
import { ReefError } from "../core/errors.ts";
import { t } from "./builder.ts";
import { contract } from "./contract.ts";
import { method } from "./method.ts";
import { createErrorMakers, errorDataFromJson, errorDataToJson, isError } from "./typed-error.ts";

const Greeter = contract("greeter", {
  hello: method({
    errors: {
      nobody: { code: "not_found", data: t.object({ name: t.string(), since: t.timestamp() }) },
      asleep: { code: "unavailable", description: "It is night" },
    },
  }),
  wave: method({ errors: { tired: { code: "aborted" } } }),
});
const makers = createErrorMakers(Greeter.name, Greeter.methods.hello.errors);

test("createErrorMakers() makes errors with code, reason, domain and a copy of exactly the data", () => {
  const data = { name: "Ann", since: new Date(0), password: "x" };
  const error = makers.nobody(data, "Nobody is called Ann");
  data.since.setTime(5);
  assert.ok(error instanceof ReefError);
  const { code, reason, domain, message } = error;
  assert.deepEqual(
    { code, reason, domain, message },
    { code: "not_found", reason: "nobody", domain: "greeter", message: "Nobody is called Ann" },
  );
  assert.deepEqual(error.data, { name: "Ann", since: new Date(0) });
});

test("createErrorMakers() takes the description as text when none is given", () => {
  assert.equal(makers.asleep().message, "It is night");
  assert.equal(makers.asleep().data, undefined);
});

test("isError() knows reason and domain, and narrows the data", () => {
  const error: unknown = makers.nobody({ name: "Ann", since: new Date(0) });
  assert.ok(isError(error, Greeter, "nobody"));
  const name: string = error.data.name;
  assert.equal(name, "Ann");
  assert.equal(isError(error, Greeter, "asleep"), false);
  const other = new ReefError("not_found", "x", { reason: "nobody", domain: "other" });
  assert.equal(isError(other, Greeter, "nobody"), false);
  assert.equal(isError(new Error("nobody"), Greeter, "nobody"), false);
  // @ts-expect-error: no method declares this reason.
  assert.equal(isError(error, Greeter, "nothing"), false);
});

test("errorDataFromJson() reads what errorDataToJson() wrote, by the shape of the reason", () => {
  const { errors } = Greeter.methods.hello;
  const data = { name: "Ann", since: new Date(5) };
  const json = errorDataToJson(errors, "nobody", { ...data, password: "x" });
  assert.deepEqual(json, { name: "Ann", since: "1970-01-01T00:00:00.005Z" });
  assert.deepEqual(errorDataFromJson(errors, "nobody", json), data);
  assert.deepEqual(errorDataToJson(errors, "constructor", { a: 1 }), { a: 1 });
  assert.deepEqual(errorDataFromJson(errors, undefined, { a: 1 }), { a: 1 });
});
