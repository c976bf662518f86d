/**
 * Short time limits in a case, that no busy machine makes fail: what has to happen before the limit is tried again with
 * a longer one, and what happens when it has passed is claimed each time.
 */
import assert from "node:assert/strict";

/** Four minutes out of the 2 s that a case may well set; nothing that comes at all comes later. */
const factors = [1, 5, 25, 125];

/**
 * @param attempt multiplies its limits by what it is given, and resolves with false when a limit had passed before it
 * came to its claim
 */
export async function unhurried(attempt: (factor: number) => Promise<boolean>): Promise<void> {
  for (const factor of factors) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    if (await attempt(factor)) return;
  }
  assert.fail(`It did not come to its claim, with ${factors.at(-1)} times the limit either`);
}
