/** Cases about calls that end before they are done: cancelled, too late, left. */
import assert from "node:assert/strict";

import { ReefError } from "../../core/errors.ts";
import { soon } from "../../testing/soon.ts";
import { unhurried } from "../../testing/unhurried.ts";
import type { TransportCase } from "../conformance.ts";
import type { Call } from "../server-call.ts";
import { service } from "../service.ts";
import { aborted, collect, Probe, probeHandlers } from "./probe.ts";

export const endingCases: readonly TransportCase[] = [
  {
    name: "cancel: the caller's signal ends the call on both sides",
    async run(open) {
      const { handlers, started, ended } = endless();
      await using fixture = await open([service(Probe, handlers)]);
      const stop = new AbortController();
      const going = fixture.client(Probe).hello({ name: "" }, { signal: stop.signal });
      await started;
      stop.abort();
      await assert.rejects(going, { code: "cancelled", maybeExecuted: true });
      assert.equal((await ended).code, "cancelled");
    },
  },
  {
    name: "cancel: a signal that has fired means that nothing is executed",
    async run(open) {
      let ran = false;
      const handlers = probeHandlers({
        hello: () => {
          ran = true;
          return { message: "" };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const probe = fixture.client(Probe);
      const going = probe.hello({ name: "" }, { signal: AbortSignal.abort() });
      await assert.rejects(going, { code: "cancelled", maybeExecuted: false });
      await probe.nothing();
      assert.equal(ran, false);
    },
  },
  {
    name: "cancel: a call made inside a cancelled call is cancelled too",
    async run(open) {
      const { handlers, started, ended } = endless();
      const outer = probeHandlers({
        ...handlers,
        async echo(input, call) {
          await inner.hello({ name: "" }).catch(async (error: ReefError) => {
            assert.equal(error.code, "cancelled");
            await aborted(call.signal);
          });
          return input;
        },
        async *count() {
          await inner.hello({ name: "" });
          yield { n: 1 };
        },
      });
      await using fixture = await open([service(Probe, outer)]);
      const inner = fixture.client(Probe);
      const stop = new AbortController();
      const going = collect(fixture.client(Probe).count({ to: 1 }, { signal: stop.signal }));
      await started;
      stop.abort();
      await assert.rejects(going, { code: "cancelled" });
      assert.equal((await ended).code, "cancelled");
    },
  },
  {
    name: "cancel: half a stream is never shown to its handler as the whole of it",
    async run(open) {
      const begun = Promise.withResolvers<void>();
      const seen = Promise.withResolvers<unknown>();
      const handlers = probeHandlers({
        async sum(numbers) {
          let sum = 0;
          try {
            for await (const { n } of numbers) {
              sum += n;
              begun.resolve();
            }
            seen.resolve(sum);
          } catch (error) {
            seen.resolve(error);
          }
          return { sum };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const probe = fixture.client(Probe);
      async function* numbers() {
        yield { n: 1 };
        await new Promise(() => {});
      }
      const stop = new AbortController();
      const going = probe.sum(numbers(), { signal: stop.signal });
      const cancelled = assert.rejects(going, { code: "cancelled" });
      await soon("the first number", Promise.race([begun.promise, cancelled]));
      stop.abort();
      await cancelled;
      assert.ok((await soon("the outcome", seen.promise)) instanceof ReefError);
    },
  },
  {
    name: "cancel: leaving a stream of answers ends its handler, through finally",
    async run(open) {
      const ended = Promise.withResolvers<void>();
      const handlers = probeHandlers({
        async *count() {
          try {
            for (let n = 1; ; n += 1) yield { n };
          } finally {
            ended.resolve();
          }
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      for await (const { n } of fixture.client(Probe).count({ to: 0 })) if (n === 3) break;
      await ended.promise;
    },
  },
  {
    name: "cancel: a stream that nobody reads is never opened",
    async run(open) {
      let ran = false;
      const handlers = probeHandlers({
        // oxlint-disable-next-line require-yield -- it must not even start
        async *count() {
          ran = true;
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const probe = fixture.client(Probe);
      probe.count({ to: 1 });
      await probe.nothing();
      assert.equal(ran, false);
    },
  },
  {
    name: "deadline: a call without an answer ends in time on both sides",
    async run(open) {
      await unhurried(async (factor) => {
        const { handlers, hasStarted, ended } = endless();
        await using fixture = await open([service(Probe, handlers)]);
        const options = { timeoutMs: 50 * factor };
        const going = fixture.client(Probe).hello({ name: "" }, options);
        const { code, maybeExecuted } = await going.then(
          () => assert.fail("it was answered"),
          ReefError.from,
        );
        assert.equal(code, "deadline_exceeded");
        if (!hasStarted()) return false;
        assert.equal(maybeExecuted, true);
        assert.match((await soon("the end of the handler", ended)).code, tooLate);
        return true;
      });
    },
  },
  {
    name: "deadline: a total limit ends a stream that goes on",
    async run(open) {
      await unhurried(async (factor) => {
        const ended = Promise.withResolvers<void>();
        const handlers = probeHandlers({
          async *count(_input, call) {
            yield { n: 1 };
            await aborted(call.signal);
            ended.resolve();
          },
        });
        await using fixture = await open([service(Probe, handlers)]);
        const seen: number[] = [];
        await assert.rejects(
          async () => {
            const options = { timeoutMs: 100 * factor };
            for await (const { n } of fixture.client(Probe).count({ to: 9 }, options)) seen.push(n);
          },
          { code: "deadline_exceeded" },
        );
        if (seen.length === 0) return false;
        assert.deepEqual(seen, [1]);
        await soon("the end of the handler", ended.promise);
        return true;
      });
    },
  },
  {
    name: "deadline: a stream has none of its own once it was accepted",
    async run(open) {
      const deadlines: number[] = [];
      const handlers = probeHandlers({
        async *count(_input, call) {
          deadlines.push(call.deadline);
          yield { n: 1 };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      await collect(fixture.client(Probe).count({ to: 1 }));
      await collect(fixture.client(Probe).count({ to: 1 }, { timeoutMs: 60_000 }));
      assert.equal(deadlines[0], Infinity);
      assert(Number(deadlines[1]) - performance.now() <= 60_000);
    },
  },
  {
    name: "deadline: a nested call has what is left of the outer one",
    async run(open) {
      const left: number[] = [];
      const handlers = probeHandlers({
        async echo(input, call) {
          left.push(call.remainingMs);
          await inner.hello({ name: "" }, { timeoutMs: 60_000 });
          return input;
        },
        hello: (_input, call) => {
          left.push(call.remainingMs);
          return { message: "" };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const inner = fixture.client(Probe);
      const input = { ...plain, raw: new Uint8Array(), when: new Date(0), big: 0n };
      await fixture.client(Probe).echo(input, { timeoutMs: 20_000 });
      assert(Number(left[0]) <= 20_000 && Number(left[1]) <= 20_000, String(left));
    },
  },
  {
    name: "deadline: none that has passed reaches a handler",
    async run(open) {
      let ran = false;
      const handlers = probeHandlers({
        hello: () => {
          ran = true;
          return { message: "" };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const probe = fixture.client(Probe);
      const late = probe.hello({ name: "" }, { timeoutMs: 0 });
      await assert.rejects(late, { code: "deadline_exceeded", maybeExecuted: false });
      await probe.nothing();
      assert.equal(ran, false);
    },
  },
];

const plain = { text: "", flag: false, small: 0, whole: 0, real: 0, list: [], map: {} };

/** The caller says so first, or the handler's own clock. */
const tooLate = /deadline_exceeded|cancelled/;

/** A handler that only ends when its signal fires, and promises of both moments. */
function endless() {
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<ReefError>();
  let begun = false;
  async function hello(_input: unknown, call: Call): Promise<{ message: string }> {
    begun = true;
    started.resolve();
    await aborted(call.signal);
    // The signal's reason is always a ReefError: that is what a handler may rely on.
    ended.resolve(call.signal.reason as ReefError);
    return { message: "too late" };
  }
  return {
    handlers: probeHandlers({ hello }),
    started: started.promise,
    hasStarted: () => begun,
    ended: ended.promise,
  };
}
