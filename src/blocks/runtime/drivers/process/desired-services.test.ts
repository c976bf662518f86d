import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { sleep } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import { processIdentity } from "../../../../supervisor/process-identity.ts";
import { createMemoryStore } from "../../../store/drivers/memory.ts";
import { textOf } from "../../../store/index.ts";
import { adoptedProcess } from "../../../../supervisor/adopted-process.ts";
import { openTestPlatform } from "./test-platform.ts";

test("load() leaves a service alone whose record it cannot read, and its process too", async () => {
  const desired = createMemoryStore().database("reef").table("runtime");
  await using platform = await openTestPlatform({ desired });
  const { services, groups } = platform;
  const source = join(platform.folder, "a.ts");
  await writeFile(source, platform.serving(["a"]));
  const { pid = 0 } = await services.run({ source, name: "odd" });
  await services.run({ source, name: "other" });
  const identity = processIdentity(pid);
  assert.ok(identity);
  const entry = await desired.get("default/odd");
  const later = { ...JSON.parse(textOf(entry?.value ?? "")), starts: "of a later version" };
  // The runtime that wrote it is not closed: it is gone, as by a kill, and its processes go on.
  await desired.put("default/odd", JSON.stringify(later));
  await using again = await platform.beside();
  const { items } = await again.services.list();
  assert.deepEqual(items.map(({ name }) => name), ["other"]);
  assert.match(again.warnings.join(), /record cannot be read.*default\/odd/);
  void groups;
});
