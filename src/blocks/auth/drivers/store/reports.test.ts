import assert from "node:assert/strict";
import { test } from "node:test";
import { reportsMax } from "../../../../core/audit.ts";
import { createManualClock } from "../../../../testing/manual-clock.ts";
import { createMemoryStore } from "../../../store/drivers/memory.ts";
import { createStoreAuth } from "../store.ts";
import { reportsPerDay, reportsPerDoor } from "./reports.ts";
import { cheapHash } from "./test-auth.ts";

test("write() takes of one door and of all what fits into a day, counts the rest, and says so once an hour", async () => {
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const database = createMemoryStore({ clock }).database("reef");
  const [table, reports] = [database.table("auth"), database.table("audit")];
  const options = { table, reports, clock, issuer: "reef:test", sealKey: Buffer.alloc(32) };
  const auth = createStoreAuth({ ...options, hashCost: cheapHash });
  const report = { event: "call allowed", subject: "user:ann", timeMs: 0, calls: 1 } as const;
  const batch = Array.from({ length: reportsMax }, () => report);
  const fill = async (by: string, batches: number) => {
    for (let n = 0; n < batches; n += 1) {
      // oxlint-disable-next-line no-await-in-loop
      await auth.realm("acme", by).report(batch);
    }
  };
  const written = async () => {
    let [count, missed] = [0, 0];
    let cursor: string | undefined;
    do {
      // oxlint-disable-next-line no-await-in-loop
      const page = await reports.list({ prefix: "audit/acme/", limit: 1_000, cursor });
      for (const { value } of page.items) {
        const { event, calls } = JSON.parse(Buffer.from(value).toString());
        if (event === "not written") missed += calls;
        else count += 1;
      }
      ({ cursor } = page);
    } while (cursor !== undefined);
    return { count, missed };
  };
  const perDoor = reportsPerDoor / reportsMax;
  await fill("service:flood", perDoor + 2);
  // The first that was too much is told, and what came behind it in an hour.
  assert.deepEqual(await written(), { count: reportsPerDoor, missed: reportsMax });
  await auth.realm("acme", "service:other").report([report]);
  assert.equal((await written()).count, reportsPerDoor + 1);
  await clock.advance(3_600_000);
  await auth.realm("acme", "service:flood").report([]);
  assert.equal((await written()).missed, 2 * reportsMax);
  for (const by of ["service:a", "service:b", "service:c"]) {
    // oxlint-disable-next-line no-await-in-loop
    await fill(by, perDoor);
  }
  // In that hour some have come back.
  const { count } = await written();
  assert.ok(count >= reportsPerDay - reportsMax && count <= reportsPerDay + 1_000, `${count}`);
});
