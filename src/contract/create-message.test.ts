import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { encodeText } from "./byte-sink.ts";
import { ReefError, type Violation } from "../core/errors.ts";
import { t } from "./builder.ts";
import { createEmptyMessage, createMessage } from "./create-message.ts";
import type { Message } from "./message.ts";
import { messageShapeOf } from "./schema-shape.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { violationsMax } from "./violations.ts";

function messageOf(schema: StandardSchema): Message {
  return createMessage(messageShapeOf(schema, "input", "the test"), schema);
}

async function violationsOf(message: Message, value: unknown): Promise<readonly Violation[]> {
  try {
    await message.validate(value);
  } catch (error) {
    assert.ok(error instanceof ReefError);
    assert.equal(error.code, "invalid_argument");
    assert.equal(error.maybeExecuted, false);
    return error.violations ?? [];
  }
  return [];
}

const Trip = t.object({
  name: t.string({ minLength: 2, maxLength: 5, pattern: /^[a-z]+$/ }),
  seats: t.int32({ minimum: 1, maximum: 8 }),
  stops: t.list(t.object({ city: t.string() }), { minItems: 1, maxItems: 3 }),
  size: t.enum(["small", "large"]),
  labels: t.map(t.integer()),
  pay: t.oneof({ card: t.object({ number: t.string() }), cash: t.boolean() }),
  weight: t.number().nullable(),
  at: t.timestamp(),
  id: t.int64({ minimum: 0 }),
  photo: t.bytes({ maxBytes: 2 }).optional(),
});

const trip = {
  name: "ann",
  seats: 1,
  stops: [{ city: "Roma" }],
  size: "small",
  labels: { a: 1 },
  pay: { cash: true },
  weight: null,
  at: new Date(0),
  id: 7n,
};

test("validate() returns a valid value as it is, without a promise where the schema needs none", () => {
  const message = messageOf(Trip);
  assert.equal(message.validate(trip), trip);
});

for (const [change, path, rule] of [
  [{ name: "A" }, "name", "must have at least 2 characters, has 1"],
  [{ name: "abcdef" }, "name", "must have at most 5 characters, has 6"],
  [{ name: "a1" }, "name", "must match the pattern ^[a-z]+$"],
  [{ name: 5 }, "name", "must be a string, is 5"],
  [{ name: undefined }, "name", "is required"],
  [{ seats: 0 }, "seats", "must be at least 1, is 0"],
  [{ seats: 9 }, "seats", "must be at most 8, is 9"],
  [{ seats: 1.5 }, "seats", "must be a whole number of 32 bits, is 1.5"],
  [{ seats: "4" }, "seats", 'must be a whole number of 32 bits, is "4"'],
  [{ stops: [] }, "stops", "must have at least 1 items, has 0"],
  [{ stops: [trip, trip, trip, trip] }, "stops", "must have at most 3 items, has 4"],
  [{ stops: [{ city: "a" }, { city: null }] }, "stops[1].city", "must be a string, is null"],
  [{ stops: {} }, "stops", "must be a list, is an object"],
  [{ size: "tiny" }, "size", 'must be one of "small", "large"'],
  [{ labels: { "a b": 1.5 } }, 'labels["a b"]', "must be a whole number below 2^53, is 1.5"],
  [{ labels: [] }, "labels", "must be an object, is a list"],
  [{ pay: {} }, "pay", 'must have exactly one of "card", "cash"'],
  [
    { pay: { card: { number: "1" }, cash: true } },
    "pay",
    'must have exactly one of "card", "cash", has 2',
  ],
  [{ pay: { card: {} } }, "pay.card.number", "is required"],
  [{ weight: "1" }, "weight", 'must be a finite number, is "1"'],
  [
    { at: "yesterday" },
    "at",
    'must be a timestamp such as 2026-01-31T09:30:00.000Z, is "yesterday"',
  ],
  [{ id: -1n }, "id", "must be at least 0, is -1"],
  [
    { id: 2n ** 63n },
    "id",
    "must be a whole number of 64 bits (a decimal string in JSON), is a bigint",
  ],
  [{ photo: new Uint8Array(3) }, "photo", "must have at most 2 bytes, has 3"],
] as const) {
  test(`validate() says that ${path} ${rule}`, async () => {
    const violations = await violationsOf(messageOf(Trip), { ...trip, ...change });
    assert.deepEqual(violations, [{ path, message: rule }]);
  });
}

test("validate() names what is wrong with the whole value", async () => {
  assert.deepEqual(await violationsOf(messageOf(Trip), "x"), [
    { path: "", message: 'must be an object, is "x"' },
  ]);
});

test("validate() collects violations up to its limit", async () => {
  const message = messageOf(t.object({ list: t.list(t.string()) }));
  const violations = await violationsOf(message, { list: Array.from({ length: 50 }, () => 1) });
  assert.equal(violations.length, violationsMax);
  assert.equal(violations.at(-1)?.path, `list[${violationsMax - 1}]`);
});

test("validate() leaves other libraries their own rules, and waits for those that take time", async () => {
  const sync = messageOf(z.object({ email: z.email(), n: z.number().transform(String) }));
  assert.deepEqual(sync.validate({ email: "a@b.example", n: 1 }), { email: "a@b.example", n: "1" });
  const [violation] = await violationsOf(sync, { email: "x", n: 1 });
  assert.equal(violation?.path, "email");
  const slow = messageOf(
    z.object({ list: z.array(z.string().refine(async (text) => text !== "x")) }),
  );
  assert.deepEqual(await slow.validate({ list: ["y"] }), { list: ["y"] });
  assert.equal((await violationsOf(slow, { list: ["y", "x"] }))[0]?.path, "list[1]");
});

test("copy() is what the wire would have delivered, and shares nothing that can be changed", () => {
  const message = messageOf(
    t.object({
      inner: t.object({ tags: t.list(t.string()) }),
      at: t.timestamp(),
      photo: t.bytes(),
      data: t.json(),
      n: t.int32().default(3),
    }),
  );
  const sent = {
    inner: { tags: ["a"] },
    at: new Date(0),
    photo: Buffer.from("ab"),
    data: { x: [1] },
    secret: 1,
  };
  const seen = message.copy(sent);
  sent.inner.tags.push("b");
  sent.at.setTime(9);
  sent.photo[0] = 0;
  sent.data.x.push(2);
  assert.deepEqual(seen, {
    inner: { tags: ["a"] },
    at: new Date(0),
    photo: new Uint8Array([97, 98]),
    data: { x: [1] },
    n: 3,
  });
});

test("copy() refuses what the wire would refuse", () => {
  const message = messageOf(t.object({ n: t.number() }));
  assert.throws(() => message.copy({ n: Number.NaN }), { code: "invalid_argument" });
});

test("createEmptyMessage() makes the empty object out of nothing", () => {
  const message = createEmptyMessage();
  assert.equal(encodeText(message.json, undefined), "{}");
  assert.deepEqual(message.copy(undefined), {});
  assert.deepEqual(message.validate(message.json.decode(Buffer.from('{"a":1}'), 0, 7)), {});
});
