import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../../../core/clock.ts";
import { createLogger } from "../../../../core/log.ts";
import { createMemoryStore } from "../../../store/drivers/memory.ts";
import { DesiredServices } from "./desired-services.ts";

test("load() names the services whose records it cannot read", async () => {
  const table = createMemoryStore().database("reef").table("runtime");
  await table.put("default/later", '{"namespace":"default","name":"later","spec":{"new":true}}');
  await table.put("default/torn", "{");
  const lines: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line) });
  const desired = new DesiredServices({ table, clock: systemClock, log });
  const { records, unreadable } = await desired.load();
  assert.deepEqual(records, []);
  assert.deepEqual([...unreadable], ["default/later", "default/torn"]);
  assert.match(lines.join(), /record cannot be read.*default\/later/);
});
