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

test("run() asks of a command that is not ready in time what it asks of commands", async () => {
  await using platform = await openTestPlatform();
  const hanging = [process.execPath, "-e", "setInterval(() => {}, 1e6)"];
  const spec = { command: hanging, folder: platform.folder, name: "web" };
  const late = { readyTimeoutMs: 1_000 };
  await assert.rejects(platform.services.run(spec, late), {
    message: /within 1 s; does it listen on the port in its variable PORT\? It wrote nothing\.\n/,
  });
  await assert.rejects(platform.services.run({ ...spec, readiness: "/healthz" }, late), {
    message: /variable PORT, and answer \/healthz there\? It wrote nothing\.\n/,
  });
});
