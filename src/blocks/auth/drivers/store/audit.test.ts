import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../../../testing/manual-clock.ts";
import { AuditNotes, keptPerDay } from "./audit.ts";

test("of() keeps for an hour what is written down without end, and for long what came before it", async () => {
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const notes = new AuditNotes("default", clock);
  const lifetimeMs = () => {
    const entry = { timeMs: clock.wallMs(), event: "login", subject: "user:ann" };
    const operation = notes.of(entry);
    assert(operation.kind === "put");
    return operation.ttlMs ?? Infinity;
  };
  const days = 86_400_000;
  for (let n = 0; n < keptPerDay; n += 1) assert.equal(lifetimeMs(), 90 * days);
  assert.equal(lifetimeMs(), 3_600_000);
  await clock.advance(days / 2);
  for (let n = 0; n < keptPerDay / 2; n += 1) assert.equal(lifetimeMs(), 90 * days);
  assert.equal(lifetimeMs(), 3_600_000);
});
