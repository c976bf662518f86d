/** Every rig with few rounds: what is promised holds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lineOf } from "./rig.ts";
import { rigs } from "./rigs.ts";

/** Enough to go through each of their branches; `npm run faults` does more. */
const roundsMax = 3;

for (const [name, rig] of Object.entries(rigs)) {
  test(`${name}: ${rig.proves}`, async (t) => {
    const missing = rig.missing();
    if (missing !== undefined) return t.skip(missing);
    const { figures, broken } = await rig.run({
      rounds: Math.min(rig.rounds, roundsMax),
      seed: 1,
      tell: () => {},
      signal: t.signal,
    });
    t.diagnostic(lineOf(name, figures));
    return assert.deepEqual(broken, []);
  });
}
