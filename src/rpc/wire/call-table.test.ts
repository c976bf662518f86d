import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../testing/random.ts";
import type { ServerCall } from "../server-call.ts";
import { CallTable } from "./call-table.ts";

/** All that the table asks of a call. */
function callWith(id: number): ServerCall {
  return { id } as ServerCall;
}

test("CallTable knows the calls under way, whatever numbers their peer gives them", () => {
  const random = createRandom(1);
  const table = new CallTable();
  const known = new Map<number, ServerCall>();
  const slots = [0, 1, 2, 3, 7, 0xffff];
  const ids = slots.flatMap((slot) => [0, 1, 0xffff].map((over) => over * 65_536 + slot)).slice(1);
  for (let n = 0; n < 2_000; n++) {
    const id = ids[Math.floor(random() * ids.length)] ?? assert.fail();
    if (known.has(id)) {
      assert.equal(table.delete(id), true);
      known.delete(id);
    } else {
      const call = callWith(id);
      table.add(call);
      known.set(id, call);
    }
    assert.equal(table.size, known.size);
    for (const each of ids) assert.equal(table.get(each), known.get(each));
    assert.equal(table.delete(99), false);
  }
  assert.deepEqual(new Set(table.takeAll()), new Set(known.values()));
  assert.equal(table.size, 0);
  assert.deepEqual(table.takeAll(), []);
});
