import assert from "node:assert/strict";
import { test } from "node:test";
import { warmUp } from "./warm-up.ts";

/** How often it is called when its rate goes like this, and then stays. */
async function slicesOf(...rates: number[]): Promise<number> {
  let slices = 0;
  await warmUp([
    {
      run: async () => {
        const calls = rates[Math.min(slices++, rates.length - 1)] ?? 0;
        return { calls, elapsedMs: 500 };
      },
    },
  ]);
  return slices;
}

test("warmUp() ends when the two newest looks were no faster than those before", async () => {
  assert.equal(await slicesOf(100), 6);
  assert.equal(await slicesOf(100, 150, 200, 250, 300), 7);
  // One slow look is the machine.
  assert.equal(await slicesOf(100, 200, 150, 300, 300), 6);
});

test("warmUp() bears a peer that is getting faster for ever", async () => {
  assert.equal(await slicesOf(...Array.from({ length: 100 }, (_, n) => 100 * 1.1 ** n)), 16);
});

test("warmUp() lets peers take turns until the last has settled", async () => {
  const seen: string[] = [];
  const peer = (name: string, ...rates: number[]) => ({
    async run() {
      seen.push(name);
      return { calls: rates.length > 1 ? rates.shift()! : rates[0]!, elapsedMs: 500 };
    },
  });
  await warmUp([peer("a", 100), peer("b", 100, 150, 200, 250, 300, 350, 400)]);
  assert.equal(seen.join(""), "ab".repeat(9));
});
