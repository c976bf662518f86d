import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSqlite } from "../../../../backends/sqlite.ts";
import { bootIdOf } from "../../../../core/boot-clock.ts";
import { systemClock } from "../../../../core/clock.ts";
import { placeOf } from "../rows/keys.ts";
import { limitsOf } from "../rows/limits.ts";
import { schema } from "./schema.ts";
import { SqliteRows } from "./sqlite-rows.ts";
import { storeUnits } from "./units.ts";

test("the next commit is on its way before those of the last one are told", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  const file = await openSqlite({ path: join(folder, "store"), schema, units: storeUnits });
  const seen: string[] = [];
  let second: Promise<void> | undefined;
  const write = file.write.bind(file);
  Object.assign(file, {
    write(...given: Parameters<typeof write>) {
      seen.push(given[0]);
      second ??= put("b");
      return write(...given);
    },
  });
  const rows = new SqliteRows({
    file,
    database: "store",
    clock: systemClock,
    bootId: bootIdOf(),
    limits: limitsOf({}),
    overlay: {},
  });
  const place = placeOf("default", "trips");
  async function put(key: string): Promise<void> {
    await rows.write(place, [{ key: Buffer.from(key), value: Buffer.from("1") }]);
    seen.push(key);
  }
  await put("a");
  await second;
  assert.deepEqual(seen, ["append", "append", "a", "b"]);
  await rows.close();
  await rm(folder, { recursive: true });
});
