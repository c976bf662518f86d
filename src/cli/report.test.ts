import assert from "node:assert/strict";
import { test } from "node:test";

import { ReefError } from "../core/errors.ts";
import { reportError } from "./report.ts";
import { withRuntimeHints } from "./runtime-hints.ts";

async function report(error: unknown): Promise<string> {
  let text = "";
  const write = async (part: string) => void (text += part);
  const stderr = { write, isTty: false, columns: 80, hasColor: false };
  assert.equal(await reportError(error, stderr, { json: false }), 1);
  return text;
}

test("reportError() shows which typed error it is, and what it carries", async () => {
  const data = { sku: "gone", left: 0, at: new Date(0), id: 7n, key: new Uint8Array([0, 255]) };
  const options = { reason: "outOfStock", domain: "orders", data };
  const text = await report(new ReefError("failed_precondition", "Nothing left", options));
  assert.equal(
    text,
    "reef: Nothing left\n  orders.outOfStock (failed_precondition)\n  sku: gone\n  left: 0\n" +
      '  at: "1970-01-01T00:00:00.000Z"\n  id: "7"\n  key: "AP8="\n',
  );
});

test("reportError() leaves the platform's own errors to their text", async () => {
  const options = { reason: "not_running", domain: "runtime", data: { name: "a" } };
  assert.equal(await report(new ReefError("not_found", "Not here", options)), "reef: Not here\n");
});

test("withRuntimeHints() knows the first slip in a new folder", async () => {
  const message = "It wrote:\n  SyntaxError: Cannot use import statement outside a module";
  const options = { reason: "crashed", domain: "runtime", data: { name: "a" } };
  const call = Promise.reject(new ReefError("failed_precondition", message, options));
  const text = await withRuntimeHints(call, {}).catch(report);
  assert.match(String(text), /try: npm pkg set type=module/);
});
