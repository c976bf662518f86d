/** Cases about what a handler says beside its answers: headers before them, trailers with the outcome. */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";

import { ReefError } from "../../core/errors.ts";
import { soon, soonMs } from "../../testing/soon.ts";
import type { CallOptions } from "../client-call.ts";
import type { TransportCase } from "../conformance.ts";
import { metadataBytesMax } from "../header-metadata.ts";
import { metadataNamesMax, type Metadata } from "../metadata.ts";
import type { Call } from "../server-call.ts";
import { service } from "../service.ts";
import { collect, Probe, probeHandlers } from "./probe.ts";

type Given = Record<string, string>;

const headers: Given = { "x-cell": "b 7", "x-raw-bin": "q6ur", plain: "1", "x-text": "grün" };
const trailers: Given = { "x-cost": "3", "x-tail-bin": "AQI", last: "2", "x-odd": " é " };

/** Handlers of all kinds that say it; they fail where they are asked for zero of something. */
function speaking(before: Given, after: Given) {
  function say(call: Call): void {
    Object.assign(call.response.headers, before);
    Object.assign(call.response.trailers, after);
  }
  function failAt(n: number): void {
    if (n === 0) throw new ReefError("out_of_range", "It is zero");
  }
  return probeHandlers({
    hello({ name }, call) {
      say(call);
      failAt(name.length);
      return { message: name };
    },
    async *count({ to }, call) {
      say(call);
      yield { n: 1 };
      failAt(to);
    },
    async sum(numbers, call) {
      say(call);
      let sum = 0;
      for await (const { n } of numbers) sum += n;
      failAt(sum);
      return { sum };
    },
    async *chat(numbers, call) {
      say(call);
      for await (const number of numbers) {
        yield number;
        failAt(number.n);
      }
    },
  });
}

type Made = (options: CallOptions) => Promise<unknown>;

/** What was heard beside one call, in which order, and how it ended. */
async function heard(make: Made) {
  const order: string[] = [];
  const got: { headers?: Metadata; trailers?: Metadata } = {};
  const outcome = await make({
    onHeaders(all) {
      order.push("headers");
      got.headers = { ...all };
    },
    onTrailers(all) {
      order.push("trailers");
      got.trailers = { ...all };
    },
  }).then(
    () => "ok",
    (error: unknown) => ReefError.from(error).code,
  );
  return { ...got, outcome, order };
}

type Inputs = "one input" | "a stream of inputs";

/** One call of each kind that gives answers; with `fails` each of them ends with the same error. */
function callsOf(
  probe: ReturnType<typeof clientOf>,
  inputs: Inputs,
  fails: boolean,
): Record<string, Made> {
  const n = fails ? 0 : 1;
  if (inputs === "one input") {
    return {
      unary: (options) => probe.hello({ name: fails ? "" : "Ann" }, options),
      "server stream": (options) => collect(probe.count({ to: n }, options)),
    };
  }
  return {
    "client stream": (options) => probe.sum([{ n }], options),
    "bidi stream": (options) => collect(probe.chat([{ n }], options)),
  };
}

function clientOf(fixture: Awaited<ReturnType<Parameters<TransportCase["run"]>[0]>>) {
  return fixture.client(Probe);
}

function heardCase(inputs: Inputs, fails: boolean): TransportCase {
  const outcome = fails ? "out_of_range" : "ok";
  return {
    name: `beside: headers and trailers come with ${fails ? "an error" : "answers"} to ${inputs}`,
    async run(open) {
      await using fixture = await open([service(Probe, speaking(headers, trailers))]);
      for (const [kind, make] of Object.entries(callsOf(clientOf(fixture), inputs, fails))) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const { order, ...got } = await heard(make);
        assert.deepEqual(got, { headers, trailers, outcome }, kind);
        assert.deepEqual(order, ["headers", "trailers"], kind);
      }
    },
  };
}

export const besideCases: readonly TransportCase[] = [
  heardCase("one input", false),
  heardCase("one input", true),
  heardCase("a stream of inputs", false),
  heardCase("a stream of inputs", true),
  {
    name: "beside: headers of a stream of answers are there before the first is made",
    async run(open) {
      const go = Promise.withResolvers<void>();
      const handlers = probeHandlers({
        async *count(_input, call) {
          call.response.headers["x-cell"] = "b";
          await go.promise;
          yield { n: 1 };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const probe = clientOf(fixture);
      const first = Promise.withResolvers<Metadata>();
      const counted = collect(probe.count({ to: 1 }, { onHeaders: first.resolve }));
      assert.deepEqual({ ...(await soon("the headers", first.promise)) }, { "x-cell": "b" });
      go.resolve();
      assert.deepEqual(await counted, [{ n: 1 }]);
    },
  },
  {
    name: "beside: headers of a stream of inputs are there before the answer is made",
    async run(open) {
      const go = Promise.withResolvers<void>();
      const handlers = probeHandlers({
        async sum(_numbers, call) {
          call.response.headers["x-cell"] = "c";
          await go.promise;
          return { sum: 1 };
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const first = Promise.withResolvers<Metadata>();
      const options = { onHeaders: first.resolve, timeoutMs: soonMs };
      const summed = clientOf(fixture).sum([{ n: 1 }], options);
      // Where they do not come, the call ends.
      summed.catch(() => first.reject(new assert.AssertionError({ message: "They do not come" })));
      assert.deepEqual({ ...(await first.promise) }, { "x-cell": "c" });
      go.resolve();
      // Or they have come with the end of the call, when its time was over.
      await assert.doesNotReject(summed);
      assert.deepEqual(await summed, { sum: 1 });
    },
  },
  {
    name: "beside: who says nothing is heard to say nothing",
    async run(open) {
      await using fixture = await open([service(Probe, probeHandlers())]);
      const probe = clientOf(fixture);
      for (const make of Object.values(callsOf(probe, "one input", false))) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const { headers: before = {}, trailers: after = {}, outcome } = await heard(make);
        assert.deepEqual([outcome, before, after], ["ok", {}, {}]);
      }
    },
  },
  {
    name: "beside: what no header can be fails the call, and only that",
    async run(open) {
      const many = Array.from({ length: metadataNamesMax + 1 }, (_, n) => [`x-${n}`, "1"]);
      const refused: Given[] = [
        { "set-cookie": "a=b" },
        { location: "https://elsewhere.example" },
        { "content-security-policy": "none" },
        { "Not-Small": "1" },
        { "grpc-status": "0" },
        Object.fromEntries(many),
        { "x-much": "x".repeat(metadataBytesMax) },
      ];
      let given: Given = {};
      const handlers = probeHandlers({
        hello({ name }, call) {
          Object.assign(call.response[name === "headers" ? "headers" : "trailers"], given);
          return { message: name };
        },
        async *count({ to }, call) {
          Object.assign(call.response[to === 0 ? "headers" : "trailers"], given);
          yield { n: 1 };
          await turn();
        },
      });
      await using fixture = await open([service(Probe, handlers)]);
      const probe = clientOf(fixture);
      for (given of refused) {
        const about = Object.keys(given)[0];
        for (const name of ["headers", "trailers"]) {
          const to = name === "headers" ? 0 : 1;
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          await assert.rejects(probe.hello({ name }), { code: "internal" }, about);
          // oxlint-disable-next-line no-await-in-loop
          await assert.rejects(collect(probe.count({ to })), { code: "internal" }, about);
        }
      }
      given = {};
      assert.deepEqual(await probe.hello({ name: "Ann" }), { message: "Ann" });
    },
  },
];
