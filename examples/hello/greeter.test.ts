import assert from "node:assert/strict";
import { test } from "node:test";

import { client } from "reef";

import { greeter } from "./greeter.ts";

test("greeter greets by name", async () => {
  // The same validation and copies as over a socket, without one.
  await using inProcess = client(greeter);
  assert.deepEqual(await inProcess.hello({ name: "Ann" }), { message: "Hello Ann" });
});
