/** Cases about one message each way: what arrives, and what an error looks like. */
import assert from "node:assert/strict";

import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { isError } from "../../contract/typed-error.ts";
import { ReefError } from "../../core/errors.ts";
import type { TransportCase } from "../conformance.ts";
import { service } from "../service.ts";
import { Probe, probeHandlers } from "./probe.ts";

const everything = {
  text: "día ✓ \u0000 \ud83d\ude80",
  flag: true,
  small: -7,
  whole: 9_007_199_254_740_991,
  big: 9_223_372_036_854_775_807n,
  real: 0.1,
  raw: new Uint8Array([0, 255, 128]),
  when: new Date("2026-11-21T05:00:00.123Z"),
  list: [{ n: 1 }, { n: 2 }],
  map: { a: "b", ["__proto__"]: "data like any other" },
};

export const messageCases: readonly TransportCase[] = [
  {
    name: "unary: the answer comes back",
    async run(open) {
      await using fixture = await open([service(Probe, probeHandlers())]);
      const probe = fixture.client(Probe);
      assert.deepEqual(await probe.hello({ name: "Ann" }), { message: "Hello Ann" });
      assert.deepEqual(await probe.nothing(), {});
    },
  },
  {
    name: "unary: every kind of value arrives as it was sent",
    async run(open) {
      await using fixture = await open([service(Probe, probeHandlers())]);
      const answer = await fixture.client(Probe).echo(everything);
      assert.deepEqual({ ...answer.map }, { ...everything.map });
      assert.deepEqual({ ...answer, map: {} }, { ...everything, map: {}, chosen: "by default" });
    },
  },
  {
    name: "unary: what the contract does not declare does not travel",
    async run(open) {
      let seen: object = {};
      const leaky = probeHandlers({
        hello: (input) => {
          seen = input;
          return { message: "x", secret: "leak" } as { message: string };
        },
      });
      await using fixture = await open([service(Probe, leaky)]);
      const input = { name: "Ann", password: "leak" } as { name: string };
      assert.deepEqual(await fixture.client(Probe).hello(input), { message: "x" });
      assert.deepEqual({ ...seen }, { name: "Ann" });
    },
  },
  {
    name: "unary: what one side changes afterwards the other does not see",
    async run(open) {
      let seen: { list: { n: number }[]; raw: Uint8Array } | undefined;
      const kept = { ...everything, chosen: "kept", list: [{ n: 1 }] };
      const handlers = probeHandlers({
        echo: (input) => {
          seen = input;
          return kept;
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const sent = { ...everything, list: [{ n: 1 }], raw: new Uint8Array([1]) };
      const going = fixture.client(Probe).echo(sent);
      sent.list[0] = { n: 666 };
      sent.raw[0] = 66;
      const answer = await going;
      assert.deepEqual(seen?.list, [{ n: 1 }]);
      assert.deepEqual([...(seen?.raw ?? [])], [1]);
      kept.list.push({ n: 666 });
      assert.deepEqual(answer.list, [{ n: 1 }]);
      answer.list.push({ n: 777 });
      assert.equal(kept.list.length, 2);
    },
  },
  {
    name: "unary: the handler never runs in its caller's stack",
    async run(open) {
      let ran = false;
      const handlers = probeHandlers({
        nothing: () => {
          ran = true;
          return {};
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const going = fixture.client(Probe).nothing();
      assert.equal(ran, false);
      await going;
      assert.equal(ran, true);
    },
  },
  {
    name: "unary: metadata arrives",
    async run(open) {
      const handlers = probeHandlers({
        hello: (_input, call) => ({ message: JSON.stringify(call.metadata) }),
      });
      await using fixture = await open([service(Probe, handlers)]);
      const options = { metadata: { "x-request": "7 ✓" } };
      const { message } = await fixture.client(Probe).hello({ name: "" }, options);
      assert.equal(message, '{"x-request":"7 ✓"}');
    },
  },
  {
    name: "unary: 10,000 calls are under way at once",
    async run(open) {
      const gate = Promise.withResolvers<void>();
      let arrived = 0;
      const handlers = probeHandlers({
        async hello({ name }) {
          arrived += 1;
          if (arrived === 10_000) gate.resolve();
          await gate.promise;
          return { message: name };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const probe = fixture.client(Probe);
      const names = Array.from({ length: 10_000 }, (_, n) => `call ${n}`);
      const answers = await Promise.all(
        names.map((name) => probe.hello({ name }, { timeoutMs: 60_000 })),
      );
      assert.deepEqual(
        answers.map(({ message }) => message),
        names,
      );
    },
  },
  {
    name: "notify: the message arrives, and no answer is waited for",
    async run(open) {
      const gate = Promise.withResolvers<string>();
      const never = new Promise<void>(() => {});
      const handlers = probeHandlers({
        log: ({ text }) => {
          gate.resolve(text);
          return never;
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      assert.equal(await fixture.client(Probe).log({ text: "one way" }), undefined);
      assert.equal(await gate.promise, "one way");
    },
  },
  {
    name: "error: a typed one carries its data",
    async run(open) {
      const handlers = probeHandlers({
        hello: ({ name }, call) => {
          throw call.errors.nobody({ name, raw: new Uint8Array([9]), big: 12n });
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const error = await fixture
        .client(Probe)
        .hello({ name: "Zoe" })
        .catch((thrown: unknown) => thrown);
      assert(isError(error, Probe, "nobody"));
      assert.equal(error.code, "not_found");
      assert.equal(error.data.name, "Zoe");
      assert.equal(error.data.big, 12n);
      assert.deepEqual([...error.data.raw], [9]);
    },
  },
  {
    name: "error: what a bug says stays inside",
    async run(open) {
      const handlers = probeHandlers({
        hello: () => {
          throw new Error("password is hunter2");
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const error = await fixture
        .client(Probe)
        .hello({ name: "" })
        .catch((thrown: unknown) => thrown);
      assert(error instanceof ReefError);
      assert.equal(error.code, "internal");
      assert.equal(error.maybeExecuted, true);
      assert.equal(error.cause, undefined);
      assert.doesNotMatch(JSON.stringify(error) + String(error.stack), /hunter2/);
    },
  },
  {
    name: "error: invalid input says where and is not executed",
    async run(open) {
      let ran = false;
      const handlers = probeHandlers({
        echo: (input) => {
          ran = true;
          return input;
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const input = { ...everything, list: [{ n: 1 }, { n: "two" as unknown as number }] };
      const error = await fixture
        .client(Probe)
        .echo(input)
        .catch((thrown: unknown) => thrown);
      assert(error instanceof ReefError);
      assert.equal(error.code, "invalid_argument");
      assert.equal(error.violations?.[0]?.path, "list[1].n");
      assert.equal(ran, false);
    },
  },
  {
    name: "error: an unknown method is unimplemented, an unknown service not found",
    async run(open) {
      await using fixture = await open([service(Probe, probeHandlers())]);
      const Newer = contract("probe", { later: method({ input: t.object({}) }) });
      const Other = contract("other", { nothing: method({}) });
      const later = fixture.client(Newer).later({});
      await assert.rejects(later, { code: "unimplemented", maybeExecuted: false });
      await assert.rejects(fixture.client(Other).nothing(), {
        code: "not_found",
        maybeExecuted: false,
      });
    },
  },
];
