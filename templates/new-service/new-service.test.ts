import assert from "node:assert/strict";
import test from "node:test";
import { client, isError } from "reef";
import { NewService } from "./new-service.contract.ts";
import { newService } from "./new-service.ts";

// In this process: the same checks and copies as over a socket, without one.
const inProcess = client(newService);

test("hello greets by name", async () => {
  assert.deepEqual(await inProcess.hello({ name: "Ann" }), { message: "Hello Ann" });
});

test("hello refuses a blank name with an error that callers can tell from others", async () => {
  await assert.rejects(inProcess.hello({ name: " " }), (error) => {
    return isError(error, NewService, "nobody") && error.data.name === " ";
  });
});

test("count yields every number up to the last", async () => {
  const numbers = await Array.fromAsync(inProcess.count({ to: 3, beatMs: 0 }), ({ n }) => n);
  assert.deepEqual(numbers, [1, 2, 3]);
});
