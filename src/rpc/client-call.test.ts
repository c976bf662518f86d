import assert from "node:assert/strict";
import { test } from "node:test";

import { contract } from "../contract/contract.ts";
import { method } from "../contract/method.ts";
import { rangeOf } from "../contract/version-range.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { ClientCall } from "./client-call.ts";

const { call: plain } = contract("any", { call: method({}) }).methods;

function openCall(timeoutMs: number) {
  const { input, output, errors, kind, idempotent } = plain;
  const known = { namespace: "default", service: "any", version: "1.0.0", name: "call" };
  const range = rangeOf(known.version);
  const about = { kind, idempotent, digest: "", protoPath: "", input, output, errors };
  const clock = createManualClock();
  const deadlines = new DeadlineSweep(clock);
  const made = { ...known, ...about, range };
  const call = new ClientCall(made, {}, { timeoutMs }, undefined, deadlines, () => {});
  return { call, clock };
}

test("ClientCall has all of its time when it is sent at once", async () => {
  const { call, clock } = openCall(1_000);
  await clock.advance(0.1);
  assert.equal(call.remainingMs, 1_000);
});

test("ClientCall has less time left when it was kept before it is sent", async () => {
  const { call, clock } = openCall(1_000);
  call.take();
  await clock.advance(300);
  assert.equal(call.remainingMs, 700);
});

test("ClientCall has less time left when it is sent again", async () => {
  const { call, clock } = openCall(1_000);
  call.retrier = { again: () => true };
  await clock.advance(300);
  call.fail(new ReefError("unavailable", ""));
  assert.equal(call.remainingMs, 700);
});
