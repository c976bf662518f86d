/** Blocks that somebody has damaged, or made up: each is a list within the limits, or an error, and soon. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createRandom } from "../../../testing/random.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { encodeHeaders } from "./hpack-encoder.ts";
import { HpackError } from "./hpack-error.ts";

const limits = { tableBytes: 4_096, listBytes: 400, headersMax: 8 };

/** More with REEF_MUTATIONS=1000000; the seed is in the name of the test that fails. */
const mutations = Number(process.env["REEF_MUTATIONS"] ?? 10_000);
const seed = Number(process.env["REEF_SEED"] ?? 7_541);

const whole = [
  encodeHeaders({ ":method": "POST", ":path": "/a.B/C", te: "trailers", authorization: "x" }),
  // Of RFC 7541: by Huffman's code, with fields that are added and referred to.
  Buffer.from("828684418cf1e3c2e5f23a6ba0ab90f4ff", "hex"),
  Buffer.from("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", "hex"),
  Buffer.from("3fe11f400161016240016302646482be", "hex"),
];

test(`HpackDecoder reads ${mutations} mutants of seed ${seed} within its limits, or throws an HpackError`, () => {
  const random = createRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  let decoder = new HpackDecoder(limits);
  const outcomes = { lists: 0, tooLarge: 0, errors: 0 };
  for (let round = 0; round < mutations; round += 1) {
    const parts = Array.from({ length: 1 + below(3) }, () => {
      const block = Buffer.from(whole[below(whole.length)] ?? []);
      for (let change = below(3); change > 0; change -= 1) block[below(block.length)] = below(256);
      return block.subarray(0, block.length - (below(4) === 0 ? below(block.length) : 0));
    });
    try {
      const { fields, listBytes, tooLarge } = decoder.decode(Buffer.concat(parts));
      if (tooLarge) {
        assert.deepEqual(fields, []);
        outcomes.tooLarge += 1;
      } else {
        assert.equal(listBytes, bytesOf(fields));
        assert.ok(listBytes <= limits.listBytes && fields.length <= 2 * limits.headersMax);
        outcomes.lists += 1;
      }
    } catch (error) {
      assert.ok(error instanceof HpackError, String(error));
      outcomes.errors += 1;
      decoder = new HpackDecoder(limits);
    }
  }
  for (const [what, count] of Object.entries(outcomes))
    assert.ok(count > 0, `there were no ${what}`);
});

function bytesOf(fields: readonly string[]): number {
  return fields.join("").length + 16 * fields.length;
}
