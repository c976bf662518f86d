import assert from "node:assert/strict";
import { test } from "node:test";

import { client } from "reef";

import { countdown } from "./countdown.ts";

test("countdown streams answers, inputs, and both", async () => {
  await using inProcess = client(countdown);
  const launched: number[] = [];
  for await (const { n } of inProcess.launch({ from: 2, beatMs: 1 })) launched.push(n);
  assert.deepEqual(launched, [2, 1, 0]);
  assert.deepEqual(await inProcess.average([{ n: 2 }, { n: 4 }]), { average: 3 });
  const doubled: number[] = [];
  for await (const { n } of inProcess.double([{ n: 1 }, { n: 2 }])) doubled.push(n);
  assert.deepEqual(doubled, [2, 4]);
});
