import assert from "node:assert/strict";
import { test } from "node:test";
import { ReefError } from "../../core/errors.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { keepLogin } from "./keep-login.ts";

const lifeMs = 900_000;

test("keepLogin() shows another token each time that one should be renewed, until it is ended", async () => {
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const end = new AbortController();
  const shownMs: number[] = [];
  let renewMs = clock.wallMs() + lifeMs;
  const keeping = keepLogin({
    renewMs: async () => renewMs,
    async show() {
      shownMs.push(clock.monotonicMs());
      // The second time nobody is there.
      if (shownMs.length === 2) throw new ReefError("unavailable", "Nobody answers");
      renewMs = clock.wallMs() + lifeMs;
    },
    clock,
    signal: end.signal,
  });
  await clock.advance(lifeMs * 2 + 5_000);
  assert.deepEqual(shownMs, [lifeMs, lifeMs * 2, lifeMs * 2 + 5_000]);
  end.abort(new ReefError("cancelled", "over"));
  await keeping;
  assert.equal(clock.pending, 0);
});

test("keepLogin() has nothing to do where nobody is logged in, or the login has ended", async () => {
  const clock = createManualClock();
  const { signal } = new AbortController();
  const show = async () => assert.fail("nobody is known");
  await keepLogin({ renewMs: async () => undefined, show, clock, signal });
  const ended = new ReefError("unauthenticated", "It has ended");
  await keepLogin({ renewMs: () => Promise.reject(ended), show, clock, signal });
});
