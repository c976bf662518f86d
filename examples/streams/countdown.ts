/**
 * Streams in all directions. A stream is an async iterable, on both sides.
 *
 *     npx reef run examples/streams/countdown.ts
 *     npx reef countdown launch --from=3
 *     curl -N -X POST http://localhost:8080/countdown/launch -H 'content-type: application/json' -d '{"from":3}'
 *     printf '{"n":1}\n{"n":4}\n' |
 *       curl --data-binary @- http://localhost:8080/countdown/average -H 'content-type: application/x-ndjson'
 *     node examples/streams/websocket.ts
 */
import { setTimeout as sleep } from "node:timers/promises";

import { contract, method, serve, service, stream, t } from "reef";

const Tick = t.object({ n: t.int32() });

export const Countdown = contract("countdown", {
  launch: method({
    description: "Counts down, one message a beat",
    input: t.object({ from: t.int32({ minimum: 0 }), beatMs: t.int32().default(200) }),
    output: stream(Tick),
  }),
  average: method({
    description: "Takes a stream of numbers, answers once",
    input: stream(Tick),
    output: t.object({ average: t.number() }),
  }),
  double: method({
    description: "Answers each number as it comes",
    input: stream(Tick),
    output: stream(Tick),
  }),
});

export const countdown = service(Countdown, {
  async *launch({ from, beatMs }, call) {
    for (let n = from; n >= 0; n -= 1) {
      yield { n };
      // When the caller leaves, the signal fires: the sleep ends, and so does the generator.
      await sleep(beatMs, undefined, { signal: call.signal });
    }
  },
  async average(ticks) {
    let sum = 0;
    let count = 0;
    for await (const { n } of ticks) {
      sum += n;
      count += 1;
    }
    return { average: count === 0 ? 0 : sum / count };
  },
  async *double(ticks) {
    for await (const { n } of ticks) yield { n: n * 2 };
  },
});

if (import.meta.main) await serve(countdown);
