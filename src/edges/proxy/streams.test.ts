/** Streams through the proxy: who is slow slows its own, and who leaves is heard of at the other end. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method, stream } from "../../contract/method.ts";
import { service } from "../../rpc/service.ts";
import { soon } from "../../testing/soon.ts";
import { within } from "../../testing/within.ts";
import { openFixture } from "./fixtures/open-fixture.ts";

const Block = t.object({ text: t.string() });
const Flow = contract("flow", {
  read: method({ input: t.object({ name: t.string() }), output: stream(Block) }),
  write: method({ input: stream(Block), output: t.object({ blocks: t.int32() }) }),
  wait: method({}),
});

const text = "x".repeat(32_768);
/** Far more than all windows and buffers on the way hold: 32 MiB. */
const many = 1_024;
/** What they hold: credit of the native wire, windows of HTTP/2, what waits for a reader on each side. */
const aheadMax = 512;

test("a slow reader slows its own writer, and nobody else on the same connection", async () => {
  const made = new Map<string, number>();
  async function* read({ name }: { readonly name: string }) {
    for (let count = 1; count <= many; count += 1) {
      made.set(name, count);
      yield { text };
    }
  }
  const handlers = { read, write: () => assert.fail(), wait: () => ({}) };
  await using fixture = await openFixture([service(Flow, handlers)]);
  const client = fixture.client(Flow);
  const slow = client.read({ name: "slow" });
  await soon("The first block", slow.next());
  let got = 0;
  for await (const block of client.read({ name: "fast" })) got += block.text.length / text.length;
  assert.equal(got, many);
  const ahead = made.get("slow") ?? 0;
  assert.ok(ahead < aheadMax, `its writer is ${ahead} blocks ahead`);
  let rest = 1;
  for await (const block of slow) rest += block.text.length / text.length;
  assert.equal(rest, many);
});

test("a slow handler slows its caller", async () => {
  const goOn = Promise.withResolvers<void>();
  async function write(blocks: AsyncIterable<{ readonly text: string }>) {
    await goOn.promise;
    let count = 0;
    for await (const block of blocks) count += block.text.length / text.length;
    return { blocks: count };
  }
  const handlers = { write, read: () => assert.fail(), wait: () => ({}) };
  await using fixture = await openFixture([service(Flow, handlers)]);
  const client = fixture.client(Flow);
  let sent = 0;
  async function* blocks() {
    for (; sent < many; sent += 1) yield { text };
  }
  const answer = client.write(blocks());
  // Calls and answers of others pass, and the rest of what fits in between is sent meanwhile.
  for (let round = 0; round < 200; round += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await client.wait();
  }
  assert.ok(sent < aheadMax, `its caller is ${sent} blocks ahead`);
  goOn.resolve();
  assert.deepEqual(await answer, { blocks: many });
});

const withinMs = 50;

/** Opens a stream of which the handler says when it was told to stop. */
async function openTold() {
  let told = Promise.withResolvers<number>();
  async function* read(_input: object, call: { readonly signal: AbortSignal }) {
    const { resolve } = told;
    call.signal.addEventListener("abort", () => resolve(performance.now()));
    yield { text: "" };
    await told.promise;
  }
  const handlers = { read, write: () => assert.fail(), wait: () => ({}) };
  const fixture = await openFixture([service(Flow, handlers)]);
  return {
    client: fixture.client(Flow),
    /** When the handler of the call that is made next was told. */
    next: () => (told = Promise.withResolvers<number>()).promise,
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

test("that a caller left reaches the service within 50 ms", async () => {
  await using it = await openTold();
  await within(withinMs, async () => {
    const told = it.next();
    const answers = it.client.read({ name: "" });
    await soon("The first block", answers.next());
    const leftMs = performance.now();
    await answers.return?.();
    return (await soon("The end at the service", told)) - leftMs;
  });
});

test("that a deadline has passed reaches the service within 50 ms", async () => {
  await using it = await openTold();
  const timeoutMs = 200;
  await within(withinMs, async () => {
    const told = it.next();
    const deadline = performance.now() + timeoutMs;
    const answers = it.client.read({ name: "" }, { timeoutMs });
    const first = await soon(
      "The first block",
      answers.next().catch((error: unknown) => error),
    );
    // Too late for the first one says nothing of the way.
    if (first instanceof Error) return Infinity;
    await assert.rejects(answers.next(), { code: "deadline_exceeded" });
    return (await soon("The end at the service", told)) - deadline;
  });
});
