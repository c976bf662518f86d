/** Whoever knocks a thousand times waits, and the platform does not. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { openDoors } from "./open-doors.ts";

/** A fifth of what a platform takes: the queue is full all the same, and the test is not long. */
const hashCost = { memoryKib: 8_192, passes: 1 };

const json = { "content-type": "application/json" };
/** On a machine with much else to do the queue is longer than the usual patience. */
const patient = { "x-timeout-ms": "60000", "connect-timeout-ms": "60000" };

test("a flood of logins fills its queue and is refused beyond it, while who has a token is served", async () => {
  await using doors = await openDoors({ hashCost });
  const authorization = `Bearer ${await doors.tokenOf("owner")}`;
  let answered = 0;
  const knocks = Array.from({ length: 150 }, async (_, n) => {
    const [url, path] =
      n % 2 === 0 ? [doors.gateway.url, "auth/login"] : [doors.proxy.url, "auth.v1.Auth/Login"];
    const body = JSON.stringify({ id: `user:nobody-${n}`, secret: "a guess of a secret" });
    const response = await fetch(`${url}/${path}`, {
      method: "POST",
      headers: { ...json, ...patient },
      body,
    });
    await response.text();
    answered += 1;
    return response.status;
  });
  const opened = await fetch(`${doors.gateway.url}/store/get`, {
    method: "POST",
    headers: { ...json, authorization },
    body: JSON.stringify({ table: "t", key: "aGk=" }),
  });
  assert.equal(opened.status, 200);
  assert.ok(answered < knocks.length, "it did not wait for them");
  const statuses = Map.groupBy(await Promise.all(knocks), (status) => status);
  assert.deepEqual([...statuses.keys()].toSorted(), [401, 429]);
});
