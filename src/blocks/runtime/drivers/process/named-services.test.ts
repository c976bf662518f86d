import assert from "node:assert/strict";
import { test } from "node:test";
import { contract } from "../../../../contract/contract.ts";
import { openTestPlatform } from "./test-platform.ts";

test("run() refuses a command that would be called by a name of the platform", async () => {
  await using platform = await openTestPlatform();
  const command = { command: [process.execPath, "-e", ""], folder: platform.folder };
  const refused = { code: "invalid_argument", message: /"store".*such as "store-service"/ };
  await assert.rejects(platform.services.run({ ...command, name: "store" }), refused);
  const { descriptor } = contract("store", {});
  const promised = { ...command, name: "shop", contract: descriptor };
  await assert.rejects(platform.services.run(promised), refused);
  assert.deepEqual((await platform.services.list()).items, []);
});
