import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryRegistry } from "../blocks/registry/drivers/memory.ts";
import type { Lease, Registry } from "../blocks/registry/index.ts";
import { ReefError } from "../core/errors.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { soon } from "../testing/soon.ts";
import { Echo } from "./fixtures/echo.ts";
import { drainNoticeMs, openRegistration } from "./registration.ts";
import { quiet } from "./test-programs.ts";

const node = {
  id: "echo-1",
  namespace: "default",
  service: "echo",
  version: Echo.version,
  state: "ready",
  addresses: ["tcp://127.0.0.1:1"],
  contractDigest: Echo.digest,
  metadata: {},
} as const;

/** A registry that can lose its leases, and that answers when it is let to. */
function createFrailRegistry() {
  const registry = createMemoryRegistry();
  const lost: AbortController[] = [];
  const leases: Lease[] = [];
  let allowed: Promise<unknown> = Promise.resolve();
  const frail: Registry = {
    ...registry,
    async register(asked, options) {
      await allowed;
      const lease = await registry.register(asked, options);
      const end = new AbortController();
      lost.push(end);
      leases.push(lease);
      return {
        get node() {
          return lease.node;
        },
        lost: AbortSignal.any([lease.lost, end.signal]),
        update: (change, waiting) => lease.update(change, waiting),
        [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose](),
      };
    },
  };
  return {
    frail,
    /** Attempts that were granted. */
    get granted() {
      return leases.length;
    },
    hold(until: Promise<unknown>) {
      allowed = until;
    },
    async lose() {
      await leases.at(-1)?.[Symbol.asyncDispose]();
      lost.at(-1)?.abort(new ReefError("unavailable", "lost"));
    },
    async states() {
      const { nodes } = await registry.resolve({ namespace: "default", service: "echo" });
      return nodes.map(({ state }) => state);
    },
  };
}

async function openListed() {
  const clock = createManualClock();
  const it = createFrailRegistry();
  const options = { registry: it.frail, node, contract: Echo.descriptor, clock, log: quiet };
  const registration = await openRegistration(options);
  return { it, clock, registration };
}

test("openRegistration() lists the node until it is disposed, twice too", async () => {
  const { it, clock, registration } = await openListed();
  assert.deepEqual(await it.states(), ["ready"]);
  await registration[Symbol.asyncDispose]();
  await registration[Symbol.asyncDispose]();
  assert.deepEqual(await it.states(), []);
  assert.equal(clock.pending, 0);
});

test("openRegistration() lists the node again within a second, however often its lease is lost", async () => {
  const { it, clock, registration } = await openListed();
  for (let times = 0; times < 10; times += 1) {
    await it.lose();
    assert.deepEqual(await it.states(), []);
    await clock.advance(1_000);
    assert.deepEqual(await it.states(), ["ready"]);
  }
  await registration[Symbol.asyncDispose]();
});

test("openRegistration() tries less often when each lease is lost at once", async () => {
  const { it, clock, registration } = await openListed();
  for (let ms = 0; ms < 5_000; ms += 10) {
    await it.lose();
    await clock.advance(10);
  }
  assert(it.granted < 25, `${it.granted} leases in 5 s`);
  await registration[Symbol.asyncDispose]();
});

test("ready() is told when the lease was lost meanwhile, and does not undo drain()", async () => {
  const clock = createManualClock();
  const it = createFrailRegistry();
  const starting = { ...node, state: "starting" } as const;
  const options = { registry: it.frail, node: starting, contract: Echo.descriptor, clock };
  const registration = await openRegistration({ ...options, log: quiet });
  assert.deepEqual(await it.states(), ["starting"]);
  await it.lose();
  await registration.ready();
  await clock.advance(1_000);
  assert.deepEqual(await it.states(), ["ready"]);
  await registration.drain();
  await registration.ready();
  assert.deepEqual(await it.states(), ["draining"]);
  await registration[Symbol.asyncDispose]();
});

test("drain() is not undone by an attempt to be listed that was under way", async () => {
  const { it, clock, registration } = await openListed();
  const answer = Promise.withResolvers<void>();
  it.hold(answer.promise);
  await it.lose();
  await clock.advance(100);
  const drained = registration.drain();
  answer.resolve();
  await drained;
  assert.deepEqual(await it.states(), ["draining"]);
  await registration[Symbol.asyncDispose]();
  assert.deepEqual(await it.states(), []);
});

test(`drain() waits for a silent registry no longer than ${drainNoticeMs} ms`, async () => {
  const { it, clock, registration } = await openListed();
  const answer = Promise.withResolvers<void>();
  it.hold(answer.promise);
  await it.lose();
  await clock.advance(100);
  await soon("The end of drain()", registration.drain());
  answer.resolve();
  await clock.settle();
  // What was granted too late says what has become of the node in the meantime.
  assert.deepEqual(await it.states(), ["draining"]);
  await registration[Symbol.asyncDispose]();
});

test("disposing a registration gives back what is granted too late", async () => {
  const { it, clock, registration } = await openListed();
  const answer = Promise.withResolvers<void>();
  it.hold(answer.promise);
  await it.lose();
  await clock.advance(100);
  const gone = registration[Symbol.asyncDispose]();
  answer.resolve();
  await gone;
  assert.deepEqual(await it.states(), []);
});
