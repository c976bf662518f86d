/** Cases about what code inside a call knows of it without being told, in whichever turn of the loop it runs. */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";

import type { ReefError } from "../../core/errors.ts";
import { unhurried } from "../../testing/unhurried.ts";
import type { TransportCase } from "../conformance.ts";
import { contextKey } from "../context.ts";
import type { Middleware } from "../middleware.ts";
import type { ServerCall } from "../server-call.ts";
import { service } from "../service.ts";
import { collect, Probe, probeHandlers } from "./probe.ts";

export const contextCases: readonly TransportCase[] = [
  {
    name: "context: a nested call belongs to the trace of the outer one",
    async run(open) {
      const traces: string[] = [];
      const handlers = probeHandlers({
        async nothing(_input, call) {
          await turn();
          traces.push(call.trace.traceId, (await inner.hello({ name: "" })).message);
          return {};
        },
        hello: (_input, call) => ({ message: call.trace.traceId }),
      });
      await using fixture = await open([service(Probe, handlers)]);
      const inner = fixture.client(Probe);
      await fixture.client(Probe).nothing();
      assert.equal(traces[0], traces[1]);
      assert.match(String(traces[0]), /^[0-9a-f]{32}$/);
      assert.notEqual((await inner.hello({ name: "" })).message, traces[0]);
    },
  },
  {
    name: "context: what a call leaves behind goes on without its deadline when it was answered",
    async run(open) {
      await unhurried(async (factor) => {
        const later = Promise.withResolvers<void>();
        const outlived = Promise.withResolvers<unknown>();
        const handlers = probeHandlers({
          nothing(_input, call) {
            const after = async () => {
              await later.promise;
              assert.ok(call.deadline < performance.now());
              await inner.hello({ name: "" });
            };
            after().then(outlived.resolve, outlived.resolve);
            return {};
          },
        });
        await using fixture = await open([service(Probe, handlers)]);
        const inner = fixture.client(Probe);
        const timeoutMs = 100 * factor;
        const answered = await fixture
          .client(Probe)
          .nothing({}, { timeoutMs })
          .then(
            () => true,
            (error: ReefError) => error.code !== "deadline_exceeded" && assert.fail(error),
          );
        if (!answered) return false;
        setTimeout(later.resolve, timeoutMs + 30);
        assert.equal(await outlived.promise, undefined);
        return true;
      });
    },
  },
  {
    name: "context: a generator keeps it at its start, after a yield and in finally",
    async run(open) {
      const traces: string[] = [];
      const ended = Promise.withResolvers<void>();
      const handlers = probeHandlers({
        async *count(_input, call) {
          const note = async () => void traces.push((await inner.hello({ name: "" })).message);
          traces.push(call.trace.traceId);
          try {
            await note();
            yield { n: 1 };
            await note();
            yield { n: 2 };
            await turn();
            yield { n: 3 };
          } finally {
            await inner.hello({ name: "" }).then(
              ({ message }) => traces.push(message),
              () => traces.push(call.trace.traceId),
            );
            ended.resolve();
          }
        },
        hello: (_input, call) => ({ message: call.trace.traceId }),
      });
      await using fixture = await open([service(Probe, handlers)]);
      const inner = fixture.client(Probe);
      for await (const { n } of fixture.client(Probe).count({ to: 3 })) if (n === 2) break;
      await ended.promise;
      assert.equal(traces.length, 4);
      assert.equal(new Set(traces).size, 1);
    },
  },
  {
    name: "context: the caller's iterable runs in the caller's context",
    async run(open) {
      const handlers = probeHandlers({
        async nothing(_input, call) {
          async function* numbers() {
            for (let n = 0; n < 3; n += 1) {
              const { message } = await inner.hello({ name: "" });
              yield { n: message === call.trace.traceId ? 1 : -100 };
            }
          }
          assert.deepEqual(await inner.sum(numbers()), { sum: 3 });
          return {};
        },
        hello: (_input, call) => ({ message: call.trace.traceId }),
      });
      await using fixture = await open([service(Probe, handlers)]);
      const inner = fixture.client(Probe);
      await inner.nothing();
    },
  },
  {
    name: "context: calls at the same time do not see each other's",
    async run(open) {
      const handlers = probeHandlers({
        async hello({ name }, call) {
          await turn();
          const inside = await inner.chat([{ n: Number(name) }]).next();
          await turn();
          return { message: `${inside.value?.n} ${call.metadata["n"]}` };
        },
        async *chat(numbers, call) {
          for await (const { n } of numbers) yield { n: call.metadata["n"] === undefined ? n : -1 };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const inner = fixture.client(Probe);
      const names = Array.from({ length: 50 }, (_, n) => String(n));
      const answers = await Promise.all(
        names.map((name) => inner.hello({ name }, { metadata: { n: name } })),
      );
      assert.deepEqual(
        answers.map(({ message }) => message),
        names.map((name) => `${name} ${name}`),
      );
    },
  },
  {
    name: "middleware: wraps calls of every kind in the order of the list",
    async run(open) {
      const order: string[] = [];
      const user = contextKey<string>("user");
      const around = (name: string): Middleware<ServerCall> => {
        return async (call, next) => {
          order.push(`${name} ${call.method}`);
          call.set(user, name);
          return next(call);
        };
      };
      const doubled: Middleware<ServerCall> = async (call, next) => {
        const answers = await next(call);
        if (call.kind !== "server_stream") return answers;
        async function* twice() {
          // The kind says that these are the answers of a stream.
          for await (const answer of answers as AsyncIterable<{ n: number }>)
            yield { n: answer.n * 2 };
        }
        return twice();
      };
      const handlers = probeHandlers({
        hello: (_input, call) => ({ message: String(call.get(user)) }),
      });
      const use = [around("outer"), around("inner"), doubled];
      await using fixture = await open([service(Probe, handlers, { use })]);
      const probe = fixture.client(Probe);
      assert.deepEqual(await probe.hello({ name: "" }), { message: "inner" });
      assert.deepEqual(await collect(probe.count({ to: 2 })), [{ n: 2 }, { n: 4 }]);
      assert.deepEqual(await probe.sum([{ n: 5 }]), { sum: 5 });
      const calls = ["hello", "count", "sum"].flatMap((name) => [`outer ${name}`, `inner ${name}`]);
      assert.deepEqual(order, calls);
    },
  },
];
