import assert from "node:assert/strict";
import { test } from "node:test";
import { preferredType } from "./accept.ts";

const offered = ["text/event-stream", "application/x-ndjson"] as const;

/** What is preferred for an Accept; null for none. */
const cases: { readonly [accept: string]: string | null } = {
  "": "text/event-stream",
  "*/*": "text/event-stream",
  "text/event-stream": "text/event-stream",
  "application/x-ndjson": "application/x-ndjson",
  "Application/X-NDJSON; charset=utf-8": "application/x-ndjson",
  "application/*": "application/x-ndjson",
  "text/event-stream;q=0.5, application/x-ndjson": "application/x-ndjson",
  "text/event-stream;q=0.5, application/x-ndjson;q=0.51": "application/x-ndjson",
  "application/x-ndjson;q=0.9, */*;q=0.8": "application/x-ndjson",
  "application/x-ndjson;q=0.8, */*": "text/event-stream",
  "text/event-stream;q=0, */*": "application/x-ndjson",
  "text/*;q=0, */*;q=0.1": "application/x-ndjson",
  "*/*;q=0": null,
  "application/json": null,
  "application/x-ndjson;q=2": null,
  "application/x-ndjson;q=0.1234, text/event-stream;q=0.1": "text/event-stream",
  ",;=,,/*": null,
};

test("preferredType() takes the highest quality, of equals the first that is offered", () => {
  for (const [accept, expected] of Object.entries(cases)) {
    assert.equal(preferredType(accept, offered) ?? null, expected, accept);
  }
  assert.equal(preferredType(undefined, offered), "text/event-stream");
});
