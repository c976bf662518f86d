import assert from "node:assert/strict";
import { test } from "node:test";

import type { MethodKind } from "../../contract/descriptor.ts";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { ReefError } from "../../core/errors.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { ClientCall } from "../client-call.ts";
import { rangeOf } from "../../contract/version-range.ts";
import { InboundStream } from "../stream-inbound.ts";
import { createRetryPolicy } from "./retry.ts";

const { call: plain } = contract("any", { call: method({}) }).methods;

/** A call that a connection has taken as often as it says. */
function callOf(attempts: number, idempotent = false, kind: MethodKind = "unary"): ClientCall {
  const { input, output, errors } = plain;
  const known = { namespace: "default", service: "any", version: "1.0.0", name: "call" };
  const range = rangeOf(known.version);
  const made = {
    ...known,
    range,
    kind,
    digest: "",
    protoPath: "",
    idempotent,
    input,
    output,
    errors,
  };
  const deadlines = new DeadlineSweep(createManualClock());
  const call = new ClientCall(made, {}, undefined, undefined, deadlines, () => {});
  call.attempts = attempts;
  return call;
}

function openInbound(): InboundStream {
  return new InboundStream({ messages: 1, bytes: 1 }, { grant: () => {}, leave: () => {} });
}

const neverSent = new ReefError("unavailable", "", { maybeExecuted: false });
const lost = new ReefError("unavailable", "");

test("createRetryPolicy() allows what was never executed, always", () => {
  const policy = createRetryPolicy({ budgetMax: 0 });
  for (const attempts of [0, 1, 100]) assert(policy.allows(callOf(attempts), neverSent));
});

test("createRetryPolicy() allows what may have been executed only where that is harmless", () => {
  const policy = createRetryPolicy();
  assert.equal(policy.allows(callOf(1), lost), false);
  assert.equal(policy.allows(callOf(1, true), lost), true);
});

test("createRetryPolicy() allows no other failure: the next node would say the same", () => {
  const policy = createRetryPolicy();
  for (const code of ["internal", "deadline_exceeded", "cancelled", "resource_exhausted"] as const)
    assert.equal(policy.allows(callOf(1, true), new ReefError(code, "")), false);
});

test("createRetryPolicy() counts attempts that may have been executed", () => {
  const policy = createRetryPolicy({ attemptsMax: 3 });
  assert.deepEqual(
    [1, 2, 3].map((attempts) => policy.allows(callOf(attempts, true), lost)),
    [true, true, false],
  );
});

test("createRetryPolicy() retries no more than a share of the traffic when everything fails", () => {
  const policy = createRetryPolicy({ budgetMax: 2, budgetRatio: 0.25 });
  const allowed = () => policy.allows(callOf(1, true), lost);
  assert.deepEqual([allowed(), allowed(), allowed()], [true, true, false]);
  for (let calls = 0; calls < 4; calls += 1) policy.earn();
  assert.deepEqual([allowed(), allowed()], [true, false]);
  for (let calls = 0; calls < 1_000; calls += 1) policy.earn();
  assert.deepEqual([allowed(), allowed(), allowed()], [true, true, false]);
});

test("createRetryPolicy() does not begin a stream again that its caller reads", () => {
  const policy = createRetryPolicy();
  const call = callOf(1, true, "server_stream");
  call.onOpen = () => {};
  call.open(openInbound());
  assert.equal(policy.allows(call, lost), true);
  call.accepted();
  assert.equal(policy.allows(call, lost), false);
  assert.equal(policy.allows(call, neverSent), false);
});

test("createRetryPolicy() does not send again what a caller streams, once a connection has read of it", () => {
  const policy = createRetryPolicy();
  for (const kind of ["client_stream", "bidi_stream"] as const) {
    assert.equal(policy.allows(callOf(0, false, kind), neverSent), true);
    assert.equal(policy.allows(callOf(1, true, kind), neverSent), false);
  }
});
