import assert from "node:assert/strict";
import { test } from "node:test";
import { t } from "./builder.ts";
import { channel } from "./channel.ts";

test("channel() types the messages under a name and describes them", () => {
  const Created = channel(
    "trip.created",
    t.object({ id: t.string(), seats: t.int32().default(4) }),
    {
      description: "A trip begins",
    },
  );
  const seen: { id: string; seats: number } = Created.message.copy({ id: "1" });
  assert.deepEqual(seen, { id: "1", seats: 4 });
  assert.deepEqual(Created.descriptor, {
    name: "trip.created",
    description: "A trip begins",
    message: Created.message.shape,
  });
});

test("channel() refuses a bad name and a schema that cannot be represented", () => {
  for (const name of ["", "Trip", "a..b", "a.", "a b", "a.*", "x".repeat(201)]) {
    assert.throws(() => channel(name, t.object({})), { code: "invalid_argument" }, name);
  }
  assert.throws(
    () => channel("a", t.string()),
    /Cannot use the schema of channel a: a message is an object/,
  );
});
