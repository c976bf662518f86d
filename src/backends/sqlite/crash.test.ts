/** A process that writes is killed at any moment: what it acknowledged is there, whole, and the next one goes on. */
import { test } from "node:test";
import { assertAllThere, startWriting } from "./test-acknowledged.ts";
import { openFolder } from "./test-file.ts";

const kills = 5;

test(`write() keeps all that it acknowledged through ${kills} kills of the process`, async (t) => {
  await using folder = await openFolder();
  const acknowledged: string[] = [];
  for (let n = 0; n < kills; n += 1) {
    await using writing = startWriting([folder.path, `run-${n}`]);
    await writing.until(() => writing.acknowledged.length >= 100 * (n + 1));
    await writing.kill();
    acknowledged.push(...writing.acknowledged);
    await assertAllThere(folder.path, acknowledged);
  }
  t.diagnostic(`${acknowledged.length} acknowledged, none lost`);
});
