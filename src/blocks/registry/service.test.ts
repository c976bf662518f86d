/** What the service refuses, answers and ends by itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { greeter, nodeOf, register } from "./conformance/fixture.ts";
import { leaseMsMax, platformNamespace } from "./index.ts";
import { openRemote } from "./remote/test-remote.ts";

test("hold refuses a bad change in its answer, and goes on", async () => {
  await using it = await openRemote("tcp");
  const answers = it.client.hold(
    (async function* () {
      const node = { ...nodeOf("a") };
      yield { say: { register: { node, contract: JSON.parse(JSON.stringify(greeter)) } } };
      yield { say: { update: { state: "sleeping" } } };
      yield { say: { stillHere: {} } };
    })(),
  );
  const all = await Array.fromAsync(answers);
  assert.deepEqual(
    all.map(({ refused }) => refused?.code),
    [undefined, "invalid_argument", undefined],
  );
  assert.deepEqual(await it.near.list(), []);
});

test("hold refuses a node or an expectation in the namespace of the platform", async () => {
  await using it = await openRemote("tcp");
  const inside = nodeOf("a", { namespace: platformNamespace });
  const refusal = { code: "permission_denied" };
  await assert.rejects(register(it.registry, inside), refusal);
  await assert.rejects(it.registry.expect(inside), refusal);
  assert.deepEqual(await it.near.list(), []);
  await register(it.near, inside);
  assert.equal((await it.registry.resolve(inside)).nodes.length, 1);
});

test("hold ends when its caller does not say what to hold", async () => {
  await using it = await openRemote("tcp");
  const silent = new Promise<never>(() => {});
  const answers = it.client.hold({
    [Symbol.asyncIterator]: () => ({ next: () => silent }),
  });
  const first = answers.next();
  first.catch(() => {});
  while (it.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await it.clock.advance(leaseMsMax);
  await assert.rejects(first, { code: "deadline_exceeded" });
});
