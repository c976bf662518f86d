import assert from "node:assert/strict";
import { test } from "node:test";
import { unhurried } from "./unhurried.ts";

test("unhurried() tries with longer limits until one is long enough, and not for ever", async () => {
  const tried: number[] = [];
  const when = (isEnough: (factor: number) => boolean) => async (factor: number) => {
    tried.push(factor);
    return isEnough(factor);
  };
  await unhurried(when((factor) => factor > 20));
  assert.deepEqual(tried.splice(0), [1, 5, 25]);
  await assert.rejects(unhurried(when(() => false)), assert.AssertionError);
  assert.deepEqual(tried, [1, 5, 25, 125]);
});

test("unhurried() does not try again what has failed", async () => {
  let tries = 0;
  const attempt = async () => assert.equal((tries += 1), 0);
  await assert.rejects(
    unhurried(async () => {
      await attempt();
      return true;
    }),
    assert.AssertionError,
  );
  assert.equal(tries, 1);
});
