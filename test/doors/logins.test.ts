/** Whoever knocks a thousand times waits, and the platform does not. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { openDoors } from "./open-doors.ts";

/** A tenth of what a platform takes, for a test that takes a second. */
const hashCost = { memoryKib: 4_096, passes: 1 };

const json = { "content-type": "application/json" };

test("a flood of logins fills its queue and is refused beyond it, while who has a token is served", async () => {
  await using doors = await openDoors({ hashCost });
  const authorization = `Bearer ${await doors.tokenOf("owner")}`;
  let answered = 0;
  const knocks = Array.from({ length: 120 }, async (_, n) => {
    const [url, path] =
      n % 2 === 0 ? [doors.gateway.url, "auth/login"] : [doors.proxy.url, "auth.v1.Auth/Login"];
    const body = JSON.stringify({ id: `user:nobody-${n}`, secret: "a guess of a secret" });
    const response = await fetch(`${url}/${path}`, { method: "POST", headers: json, body });
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
  // Two are checked and 64 wait at any moment.
  assert.ok((statuses.get(429)?.length ?? 0) >= 20, `${statuses.get(429)?.length} were refused`);
});
