import assert from "node:assert/strict";
import { test } from "node:test";

import type { Namespace } from "../blocks/namespaces/index.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { CallQuotas } from "./call-quotas.ts";

function openQuotas(quotas: { [namespace: string]: number | undefined }) {
  const clock = createManualClock();
  const cache = { changes: 0, get };
  function get(name: string): Namespace {
    return { name, quotas: { callsPerSecond: quotas[name] }, createdMs: 0 };
  }
  return { clock, cache, quotas: new CallQuotas(cache, clock) };
}

test("CallQuotas counts each namespace for itself, and says when to come again", async () => {
  const { clock, quotas } = openQuotas({ acme: 2, other: 1 });
  assert.deepEqual([quotas.take("acme"), quotas.take("acme")], [undefined, undefined]);
  const refused = quotas.take("acme");
  assert.equal(refused?.code, "resource_exhausted");
  assert.equal(refused?.maybeExecuted, false);
  const data = { namespace: "acme", quota: "callsPerSecond", limit: 2, retryAfterMs: 500 };
  assert.deepEqual(refused?.data, data);
  assert.match(
    refused?.message ?? "",
    /a quota of 2 calls a second; try again in 500 ms, or "reef/,
  );
  assert.equal(quotas.take("other"), undefined);
  await clock.advance(500);
  quotas.check("acme");
  assert.throws(() => quotas.check("acme"), { code: "resource_exhausted" });
});

test("CallQuotas lets all pass that have no quota, and none that has one of none", () => {
  const { quotas } = openQuotas({ none: 0 });
  for (let call = 0; call < 1_000; call += 1) assert.equal(quotas.take("acme"), undefined);
  const refused = quotas.take("none");
  assert.deepEqual(refused?.data, { namespace: "none", quota: "callsPerSecond", limit: 0 });
});

test("CallQuotas goes by a quota of now from the next call on, and by none when it is taken away", () => {
  const limits: { [namespace: string]: number | undefined } = { acme: 1 };
  const { cache, quotas } = openQuotas(limits);
  assert.equal(quotas.take("acme"), undefined);
  assert.equal(quotas.take("acme")?.code, "resource_exhausted");
  limits["acme"] = undefined;
  cache.changes += 1;
  assert.equal(quotas.take("acme"), undefined);
  limits["acme"] = 0;
  cache.changes += 1;
  assert.match(quotas.take("acme")?.message ?? "", /a quota of 0 calls/);
});
