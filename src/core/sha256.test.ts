import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { createRandom } from "../testing/random.ts";
import { sha256 } from "./sha256.ts";

test("sha256() is that of node:crypto, at every length around a block", () => {
  const random = createRandom(256);
  for (let length = 0; length < 200; length += 1) {
    const bytes = Uint8Array.from({ length }, () => Math.floor(random() * 256));
    assert.equal(sha256(bytes), createHash("sha256").update(bytes).digest("hex"), `${length}`);
  }
});
