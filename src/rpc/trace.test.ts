import assert from "node:assert/strict";
import { test } from "node:test";

import { childTrace, newTrace, parseTraceparent } from "./trace.ts";

const header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("parseTraceparent() reads what traceparent writes", () => {
  assert.equal(parseTraceparent(header)?.traceparent, header);
  const fresh = newTrace();
  assert.equal(parseTraceparent(fresh.traceparent)?.traceparent, fresh.traceparent);
});

test("parseTraceparent() takes nothing that the specification does not allow", () => {
  const zeros = (text: string) => header.replace(text, "0".repeat(text.length));
  const wrong = [
    "",
    header.toUpperCase(),
    header.slice(1),
    `${header} `,
    header.replace("00-", "ff-"),
    zeros("0af7651916cd43dd8448eb211c80319c"),
    zeros("b7ad6b7169203331"),
  ];
  for (const text of wrong) assert.equal(parseTraceparent(text), undefined, text);
});

test("newTrace() is another each time, beyond the pool of randomness too; childTrace() stays in its trace", () => {
  const traces = Array.from({ length: 6_000 }, newTrace);
  assert.equal(new Set(traces.map(({ traceId }) => traceId)).size, traces.length);
  const [parent] = traces;
  assert(parent);
  const child = childTrace(parent);
  assert.equal(child.traceId, parent.traceId);
  assert.notEqual(child.spanId, parent.spanId);
});
