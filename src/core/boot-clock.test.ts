import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { bootClock, bootIdOf } from "./boot-clock.ts";

test("bootClock and bootIdOf() say the same in every process of one boot", () => {
  const url = JSON.stringify(new URL("boot-clock.ts", import.meta.url).href);
  const program = `import { bootClock, bootIdOf } from ${url};
    console.log(bootClock.monotonicMs(), bootIdOf());`;
  const before = bootClock.monotonicMs();
  const args = ["--input-type=module", "--eval", program];
  const [elsewhere = "", id] = execFileSync(process.execPath, args, { encoding: "utf8" }).split(
    /\s/,
  );
  assert(before < Number(elsewhere) && Number(elsewhere) < bootClock.monotonicMs(), elsewhere);
  assert.equal(id, bootIdOf());
});
