import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../../../testing/random.ts";
import { packRows, RowBlock } from "./packed-rows.ts";
import { compareKey, sortKeys } from "./sort-keys.ts";

test("sortKeys() sorts by bytes: none at all, beginnings of each other, the highest byte, long ones", () => {
  const random = createRandom(1);
  const texts = new Set(["", "a", "aa", "aaa", "a\0", "\u00ff", "\u00ff\u00ff", "x".repeat(1_000)]);
  const letters = ["\0", "a", "b", "\u00ff"];
  for (let n = 0; n < 500; n++) {
    const length = Math.floor(random() * 8);
    texts.add(Array.from({ length }, () => letters[Math.floor(random() * 4)]).join(""));
  }
  const rows = [...texts].map((text) => {
    const key = Buffer.from(text, "latin1");
    return { place: "default trips", key, value: null, revision: 1, expiresMs: null };
  });
  const block = new RowBlock(packRows(rows));
  const positions: number[] = [];
  for (let at = 0; at < block.bytes.length; at = block.end(at)) positions.push(at);
  const sorted = Int32Array.from(positions);
  sortKeys(sorted, block);
  const wanted = rows.map(({ key }) => key).toSorted(Buffer.compare);
  const keys = [...sorted].map((at) => Buffer.from(block.row(at, "").key));
  assert.deepEqual(keys, wanted);
  for (const [n, position] of sorted.entries()) {
    const other = wanted[Math.floor(random() * wanted.length)] ?? assert.fail();
    const order = Buffer.compare(keys[n] ?? assert.fail(), other);
    assert.equal(Math.sign(compareKey(block, position, other)), order);
  }
});
