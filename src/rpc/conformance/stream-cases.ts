/** Cases about streams: order, both directions, and readers that are slow. */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";

import { ReefError } from "../../core/errors.ts";
import type { TransportCase } from "../conformance.ts";
import { service } from "../service.ts";
import { limitsDefault } from "../wire/frames.ts";
import { collect, Probe, probeHandlers } from "./probe.ts";

/** The credit, and the one message that is being made when it runs out. */
const aheadMax = limitsDefault.streamMessages + 1;

export const streamCases: readonly TransportCase[] = [
  {
    name: "stream: answers come in order, and then the end",
    async run(open) {
      await using fixture = await open([service(Probe, probeHandlers())]);
      const numbers = await collect(fixture.client(Probe).count({ to: 2_000 }));
      assert.deepEqual(
        numbers.map(({ n }) => n),
        Array.from({ length: 2_000 }, (_, n) => n + 1),
      );
      assert.deepEqual(await collect(fixture.client(Probe).count({ to: 0 })), []);
    },
  },
  {
    name: "stream: inputs come in order, and then the end",
    async run(open) {
      const seen: number[] = [];
      const handlers = probeHandlers({
        async sum(numbers) {
          for await (const { n } of numbers) seen.push(n);
          return { sum: seen.length };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const probe = fixture.client(Probe);
      const numbers = Array.from({ length: 2_000 }, (_, n) => ({ n }));
      assert.deepEqual(await probe.sum(numbers), { sum: 2_000 });
      assert.deepEqual(
        seen,
        numbers.map(({ n }) => n),
      );
      assert.deepEqual(await probe.sum([]), { sum: 2_000 });
    },
  },
  {
    name: "stream: both directions at once, answer by answer",
    async run(open) {
      await using fixture = await open([service(Probe, probeHandlers())]);
      const asked: number[] = [];
      const answered: number[] = [];
      const next = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      async function* questions() {
        for (let n = 0; n < 3; n += 1) {
          asked.push(n);
          yield { n };
          // The next question waits for the answer: it would hang if answers waited for the end of the questions.
          await next[n]?.promise;
        }
      }
      for await (const { n } of fixture.client(Probe).chat(questions())) {
        answered.push(n);
        assert.deepEqual(asked, answered);
        next[n]?.resolve();
      }
      assert.deepEqual(answered, [0, 1, 2]);
    },
  },
  {
    name: "stream: a slow reader slows the handler",
    async run(open) {
      let made = 0;
      const handlers = probeHandlers({
        async *count({ to }) {
          for (let n = 1; n <= to; n += 1) {
            made = n;
            yield { n };
          }
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const answers = fixture.client(Probe).count({ to: 10_000 });
      await answers.next();
      await settled(() => made);
      assert(made <= aheadMax, `${made} messages were made for a reader that took one`);
      for (let taken = 1; taken < 1_000; taken += 1) await answers.next();
      await settled(() => made);
      assert(made >= 1_000 && made <= 1_000 + aheadMax, `${made} were made for 1000`);
      await answers.return?.();
    },
  },
  {
    name: "stream: a slow handler slows its caller",
    async run(open) {
      const gate = Promise.withResolvers<void>();
      const handlers = probeHandlers({
        async sum(numbers) {
          let sum = 0;
          for await (const { n } of numbers) {
            sum += n;
            if (sum === 1) await gate.promise;
          }
          return { sum };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      let made = 0;
      async function* ones() {
        for (; made < 3_000; made += 1) yield { n: 1 };
      }
      const going = fixture.client(Probe).sum(ones());
      // It is waited for below; until then a failure has no reader.
      going.catch(() => {});
      await settled(() => made);
      assert(
        made > 0 && made <= aheadMax,
        `${made} messages were made for a handler that took one`,
      );
      gate.resolve();
      assert.deepEqual(await going, { sum: 3_000 });
    },
  },
  {
    name: "stream: a slow one does not hold up other calls",
    async run(open) {
      await using fixture = await open([service(Probe, probeHandlers())]);
      const probe = fixture.client(Probe);
      const slow = probe.count({ to: 10_000 });
      await slow.next();
      for (let n = 0; n < 100; n += 1) await probe.hello({ name: "quick" });
      assert.equal((await collect(probe.count({ to: 1_000 }))).length, 1_000);
      await slow.return?.();
    },
  },
  {
    name: "stream: an error comes after the messages before it",
    async run(open) {
      const handlers = probeHandlers({
        async *count() {
          yield { n: 1 };
          yield { n: 2 };
          throw new ReefError("data_loss", "The third is missing");
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const seen: number[] = [];
      await assert.rejects(
        async () => {
          for await (const { n } of fixture.client(Probe).count({ to: 3 })) seen.push(n);
        },
        { code: "data_loss" },
      );
      assert.deepEqual(seen, [1, 2]);
    },
  },
  {
    name: "stream: invalid input ends the call with its place",
    async run(open) {
      await using fixture = await open([service(Probe, probeHandlers())]);
      const numbers = [{ n: 1 }, { n: "two" as unknown as number }];
      await assert.rejects(fixture.client(Probe).sum(numbers), (error: ReefError) => {
        return error.code === "invalid_argument" && error.violations?.[0]?.path === "n";
      });
    },
  },
  {
    name: "stream: an answer before the end of the inputs stops them",
    async run(open) {
      const stopped = Promise.withResolvers<void>();
      const handlers = probeHandlers({ sum: async () => ({ sum: -1 }) });
      await using fixture = await open([service(Probe, handlers)]);
      async function* endless() {
        try {
          for (let n = 0; ; n += 1) {
            yield { n };
            await turn();
          }
        } finally {
          stopped.resolve();
        }
      }
      assert.deepEqual(await fixture.client(Probe).sum(endless()), { sum: -1 });
      await stopped.promise;
    },
  },
  {
    name: "stream: what the caller's own iterable throws is what the caller gets",
    async run(open) {
      const cancelled = Promise.withResolvers<void>();
      const handlers = probeHandlers({
        async sum(numbers, call) {
          call.signal.addEventListener("abort", () => cancelled.resolve());
          for await (const number of numbers) void number;
          return { sum: 0 };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      async function* broken() {
        yield { n: 1 };
        throw new RangeError("the disk is full");
      }
      await assert.rejects(fixture.client(Probe).sum(broken()), /the disk is full/);
      await cancelled.promise;
    },
  },
];

/** Turns the event loop until the value no longer moves. */
async function settled(read: () => number): Promise<void> {
  for (let still = 0, last = -1; still < 50; still += 1) {
    if (read() !== last) still = 0;
    last = read();
    await turn();
  }
}
