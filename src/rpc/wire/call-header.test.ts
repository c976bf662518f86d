import assert from "node:assert/strict";
import { test } from "node:test";

import { readCallHeader } from "./call-header.ts";
import { flag } from "./frames.ts";

const fixed = Buffer.from([0xe8, 3, 0, 0, 0, 0]);
const trace = Buffer.from("0af7651916cd43dd8448eb211c80319cb7ad6b7169203331", "hex");
const subject = Buffer.from([2, 0, 9, 9]);
const metadata = Buffer.concat([Buffer.from([7, 0]), Buffer.from('{"a":1}')]);
const all = flag.trace | flag.subject | flag.metadata;

test("readCallHeader() finds each field and where the body starts, wherever the payload lies", () => {
  const payload = Buffer.concat([
    Buffer.alloc(5),
    fixed,
    trace,
    subject,
    metadata,
    Buffer.from("{}"),
  ]);
  const header = readCallHeader(all, payload, 5, payload.length);
  assert.equal(header.timeoutMs, 1_000);
  assert.equal(header.metadata, '{"a":1}');
  assert.equal(payload.toString("utf8", header.bodyStart), "{}");
  assert.equal(header.trace.traceId.length, 32);
});

test("readCallHeader() begins a trace when there is none", () => {
  const { trace: fresh, metadata: none, bodyStart } = readCallHeader(0, fixed, 0, fixed.length);
  assert.match(fresh.traceId, /^[0-9a-f]{32}$/);
  assert.deepEqual([none, bodyStart], ["", 6]);
});

test("readCallHeader() refuses a header that ends early, at every byte", () => {
  const whole = Buffer.concat([fixed, trace, subject, metadata]);
  for (let end = 0; end < whole.length; end += 1) {
    // The bytes behind the end belong to the next frame.
    const read = () => readCallHeader(all, whole, 0, end);
    assert.throws(read, { code: "invalid_argument" });
  }
});
