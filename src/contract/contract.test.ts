import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { t } from "./builder.ts";
import { methodsMax } from "./check-descriptor.ts";
import { contract } from "./contract.ts";
import type { HttpDescriptor, HttpRoute } from "./descriptor.ts";
import { type Empty, method, notify, stream } from "./method.ts";

const Line = t.object({ text: t.string() });

const Greeter = contract(
  "greeter",
  {
    hello: method({
      description: "Greets one person",
      input: t.object({
        name: t.string(),
        times: t.int32().default(1),
        nick: t.string().optional(),
      }),
      output: t.object({ message: t.string() }),
      errors: {
        nobody: { code: "not_found", data: t.object({ name: t.string() }) },
        asleep: { code: "unavailable", description: "It is night" },
      },
      http: "GET /hello/{name}",
      idempotent: true,
    }),
    count: method({
      input: t.object({ to: t.int32() }),
      output: stream(t.object({ n: t.int32() })),
    }),
    collect: method({ input: stream(Line), output: t.object({ lines: t.int32() }) }),
    chat: method({ input: stream(Line), output: stream(Line) }),
    log: notify({ input: Line }),
    ping: method({}),
  },
  { version: "1.2.0", description: "Says hello" },
);

/** Whether two types are the same, also in what is optional and readonly. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Sent<M> = M extends { input: { copy(value: infer S): unknown } } ? S : never;
type Seen<M> = M extends { input: { copy(value: never): infer S } } ? S : never;
type Hello = (typeof Greeter)["methods"]["hello"];

test("contract() infers what callers send and handlers see", () => {
  true satisfies Same<
    Sent<Hello>,
    { name: string; times?: number | undefined; nick?: string | undefined }
  >;
  true satisfies Same<Seen<Hello>, { name: string; times: number; nick?: string }>;
  true satisfies Same<Sent<(typeof Greeter)["methods"]["ping"]>, Empty | void>;
  true satisfies Same<(typeof Greeter)["methods"]["count"]["kind"], "server_stream">;
  true satisfies Same<(typeof Greeter)["methods"]["ping"]["errors"], {}>;
  assert.deepEqual(Greeter.methods.hello.input.copy({ name: "Ann" }), { name: "Ann", times: 1 });
});

test("contract() describes itself as plain JSON", () => {
  const { descriptor } = Greeter;
  assert.deepEqual(JSON.parse(JSON.stringify(descriptor)), descriptor);
  const kinds = Object.values(descriptor.methods).map(({ name, kind }) => [name, kind]);
  assert.deepEqual(Object.fromEntries(kinds), {
    hello: "unary",
    count: "server_stream",
    collect: "client_stream",
    chat: "bidi_stream",
    log: "notify",
    ping: "unary",
  });
  assert.deepEqual(descriptor.methods["hello"], {
    name: "hello",
    kind: "unary",
    description: "Greets one person",
    input: {
      kind: "object",
      fields: {
        name: { shape: { kind: "string" } },
        times: { shape: { kind: "int32" }, default: 1 },
        nick: { shape: { kind: "string" }, optional: true },
      },
    },
    output: { kind: "object", fields: { message: { shape: { kind: "string" } } } },
    errors: {
      nobody: {
        code: "not_found",
        data: { kind: "object", fields: { name: { shape: { kind: "string" } } } },
      },
      asleep: { code: "unavailable", description: "It is night" },
    },
    http: "GET /hello/{name}",
    idempotent: true,
  });
  assert.equal(descriptor.methods["log"]?.output, undefined);
});

test("digest is the same whatever the order, and another when the promise changes", () => {
  const a = t.object({ x: t.string(), y: t.int32() });
  const b = t.object({ y: t.int32(), x: t.string() });
  const digest = (input: typeof a): string => contract("s", { m: method({ input }) }).digest;
  assert.match(digest(a), /^[0-9a-f]{64}$/);
  assert.equal(digest(a), digest(b));
  const other = contract("s", { m: method({ input: t.object({ x: t.string() }) }) });
  assert.notEqual(digest(a), other.digest);
});

test("digest is the same for a route that is written as a string or as an object", () => {
  const digest = (http: HttpDescriptor): string => contract("s", { m: method({ http }) }).digest;
  assert.equal(digest({ route: "GET /x" }), digest("GET /x"));
  assert.notEqual(digest({ route: "GET /x", status: 204 }), digest("GET /x"));
});

test("contract() takes methods that another contract has made", () => {
  const again = contract("again", { hello: Greeter.methods.hello });
  assert.deepEqual(again.descriptor.methods["hello"], Greeter.descriptor.methods["hello"]);
});

const ping = method({});
const user = t.object({ name: t.string(), age: t.int32().optional(), home: Line });
const bound = (http: HttpDescriptor, input = user) => ({ m: method({ http, input }) });
const made = (http: Partial<HttpRoute>, output = user) => ({
  m: method({ http: { route: "POST /x", ...http }, input: user, output }),
});
/** What is written, and what is said about it. */
const refusals: readonly (readonly [string, () => unknown, RegExp])[] = [
  ["a service name with capitals", () => contract("Greeter", { ping }), /"Greeter".*a-z/],
  ["a service name with dots", () => contract("a.b", { ping }), /1 to 63 of a-z/],
  [
    "a version that is not semantic",
    () => contract("s", { ping }, { version: "1.2" }),
    /such as 1\.2\.0/,
  ],
  ...["then", "constructor", "__proto__"].map((name) => {
    const make = (): unknown => contract("s", Object.fromEntries([[name, ping]]));
    return [`a method called ${name}`, make, new RegExp(`method "${name}": `, "u")] as const;
  }),
  [
    "a method with a dash",
    () => contract("s", { "say-hi": ping }),
    /method "say-hi": a method name/,
  ],
  [
    "too many methods",
    () =>
      contract(
        "s",
        Object.fromEntries(Array.from({ length: methodsMax + 1 }, (_, i) => [`m${i}`, ping])),
      ),
    /501 methods, the limit is 500; make two services/,
  ],
  ["a verb that HTTP lacks", () => contract("s", bound("FETCH /x")), /one of GET, POST/],
  ["a binding without a path", () => contract("s", bound("GET")), /a space and a path/],
  ["a path that is not absolute", () => contract("s", bound("GET x")), /write "GET \/x"/],
  ["a path that ends with a slash", () => contract("s", bound("POST /x/")), /empty segment/],
  ["a path that climbs", () => contract("s", bound("POST /x/../y")), /"\.\." is not a name/],
  ["a path with escapes", () => contract("s", bound("POST /%2e")), /would have to escape/],
  ["half a segment as field", () => contract("s", bound("POST /x-{name}")), /whole segment/],
  ["an unknown field", () => contract("s", bound("POST /{nam}")), /\{nam\} is not a field/],
  ["a field twice", () => contract("s", bound("POST /{name}/{name}")), /is there twice/],
  ["an optional field in the path", () => contract("s", bound("POST /{age}")), /is optional/],
  ["an object in the path", () => contract("s", bound("POST /{home}")), /only scalar fields/],
  [
    "an object in the query",
    () => contract("s", bound("GET /{name}")),
    /"home" is of the kind object .* use POST/,
  ],
  [
    "a binding of a stream of inputs",
    () => contract("s", { m: method({ input: stream(user), http: "POST /x" }) }),
    /no HTTP binding/,
  ],
  ["a status of a failure", () => contract("s", made({ status: 404 })), /one of 200, 201/],
  ["a status that promises ranges", () => contract("s", made({ status: 206 })), /this is 206/],
  ["204 with an output", () => contract("s", made({ status: 204 })), /has no body.*3 fields/],
  [
    "a status of a stream",
    () =>
      contract("s", { m: method({ output: stream(user), http: { route: "GET /", status: 201 } }) }),
    /a stream of answers has the status 200/,
  ],
  ["a location without a slash", () => contract("s", made({ location: "x" })), /write "\/x"/],
  [
    "a location of another place",
    () => contract("s", made({ location: "//evil.example/{name}" })),
    /its location: a path has no empty segment/,
  ],
  [
    "a location with a field that is not there",
    () => contract("s", made({ location: "/{id}" })),
    /its location: \{id\} is not a field of the output/,
  ],
  [
    "a location with an optional field",
    () => contract("s", made({ location: "/{age}" })),
    /\{age\} is optional/,
  ],
  [
    "a location that leads nowhere",
    () => contract("s", made({ location: "/x/{name}" })),
    /method "m": no method is bound to GET at its location/,
  ],
  [
    "a location of one way",
    () => contract("s", { m: notify({ http: { route: "POST /x", location: "/x" } }) }),
    /only one answer has a location/,
  ],
  [
    "a body that is not a field",
    () => contract("s", made({ body: "house" })),
    /the body "house" is not a field of the input/,
  ],
  [
    "a body of GET",
    () => contract("s", made({ route: "GET /x", body: "home" })),
    /GET has no body; leave body out/,
  ],
  [
    "a body that is in the path",
    () => contract("s", made({ route: "PUT /{name}", body: "name" })),
    /the field "name" is in the path and the body/,
  ],
  [
    "two methods on one path",
    () =>
      contract("s", {
        ...bound("POST /{name}"),
        n: method({ input: Line, http: "POST /{text}" }),
      }),
    /method "n": .* already bound to "m"/,
  ],
  [
    "a schema that cannot be represented",
    () => contract("s", { m: method({ output: z.object({ a: z.tuple([z.string()]) }) }) }),
    /Cannot use the schema of s\.m\.output: at a: a tuple/,
  ],
  [
    "a schema of an error that cannot be represented",
    () =>
      contract("s", { m: method({ errors: { bad: { code: "not_found", data: t.string() } } }) }),
    /s\.m\.errors\.bad: a message is an object/,
  ],
  [
    "a reason that is no identifier",
    () => contract("s", { m: method({ errors: { "not-found": { code: "not_found" } } }) }),
    /error "not-found": a reason is a plain identifier/,
  ],
];

describe("contract() refuses", () => {
  for (const [name, make, message] of refusals) {
    test(name, () => assert.throws(make, { name: "ReefError", code: "invalid_argument", message }));
  }
});
