/** The suite on a registry as a platform shows it, and what only this one does: outlive the one behind it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { registryConformance } from "../../blocks/registry/conformance.ts";
import { createMemoryRegistry } from "../../blocks/registry/drivers/memory.ts";
import type { Grant, Registry } from "../../blocks/registry/index.ts";
import { ReefError } from "../../core/errors.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { shownRegistry } from "./shown-registry.ts";

registryConformance("a registry as its platform shows it", {
  open: async (limits) => ({
    registry: shownRegistry(createMemoryRegistry(limits), { instance: "one" }),
    async silence() {},
    async [Symbol.asyncDispose]() {},
  }),
  except: {
    "a lease ends when its holder is not heard of for leaseMs, with deadline_exceeded":
      "the one behind it is the memory driver here, where no lease ends by time",
  },
});

const trip = { namespace: "default", service: "trip" };

test("watch() has another epoch for another platform, and for another registry", async () => {
  const behind = createMemoryRegistry();
  const epochs = new Set<string>();
  for (const registry of [
    shownRegistry(behind, { instance: "one" }),
    shownRegistry(behind, { instance: "two" }),
    shownRegistry(createMemoryRegistry(), { instance: "two" }),
  ]) {
    const [present] = await Array.fromAsync(first(registry));
    epochs.add(present?.epoch ?? assert.fail("a watch tells the present"));
  }
  assert.equal(epochs.size, 3);
});

test("expect() is said again when the registry comes back, and given back once", async () => {
  const clock = createManualClock();
  let behind: Registry | undefined = createMemoryRegistry();
  const lose: (() => void)[] = [];
  const remote: Registry = {
    ...createMemoryRegistry(),
    async expect(name) {
      if (!behind) throw new ReefError("unavailable", "Gone");
      const grant = await behind.expect(name);
      const lost = new AbortController();
      lose.push(() => lost.abort(new ReefError("unavailable", "Gone")));
      return { lost: lost.signal, [Symbol.asyncDispose]: () => grant[Symbol.asyncDispose]() };
    },
  };
  const shown = shownRegistry(remote, { instance: "one", clock });
  const grant: Grant = await shown.expect(trip);
  assert.equal((await behind.resolve(trip)).expected, true);

  behind = undefined;
  for (const end of lose.splice(0)) end();
  await clock.advance(5_000);
  const restarted = createMemoryRegistry();
  behind = restarted;
  await clock.advance(1_000);
  assert.equal((await restarted.resolve(trip)).expected, true);
  assert.equal(grant.lost.aborted, false);

  await grant[Symbol.asyncDispose]();
  await grant[Symbol.asyncDispose]();
  assert.equal((await restarted.resolve(trip)).expected, false);
  assert.equal(grant.lost.reason.code, "cancelled");
  assert.equal(clock.pending, 0);
});

test("expect() that is given back while the registry is away asks no more", async () => {
  const clock = createManualClock();
  let asked = 0;
  const lost = new AbortController();
  const remote: Registry = {
    ...createMemoryRegistry(),
    async expect() {
      asked += 1;
      if (asked > 1) throw new ReefError("unavailable", "Gone");
      return { lost: lost.signal, async [Symbol.asyncDispose]() {} };
    },
  };
  const grant = await shownRegistry(remote, { instance: "one", clock }).expect(trip);
  lost.abort();
  await clock.advance(1_000);
  const before = asked;
  assert(before > 1);
  await grant[Symbol.asyncDispose]();
  await clock.advance(5_000);
  assert.equal(asked, before);
});

async function* first(registry: Registry) {
  for await (const event of registry.watch()) {
    yield event;
    return;
  }
}
