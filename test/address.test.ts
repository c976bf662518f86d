/** A service that is restarted, or killed, comes back under the address that it had. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { test } from "node:test";

import { openPlatform, type Platform } from "../src/framework/platform.ts";
import { openStateFolder, startPlatform } from "./test-command.ts";

async function greeterNode(platform: Platform) {
  const name = { namespace: "default", service: "greeter" };
  const { nodes } = await platform.registry.resolve(name);
  return nodes[0] ?? assert.fail("greeter is not there");
}

test("a service keeps its address over restarts, and leaves no socket behind", async () => {
  await using state = await openStateFolder();
  await using server = await startPlatform(state.path, ["examples/hello/greeter.ts"]);
  await server.printed(/All are ready/);
  await using platform = await openPlatform({ state: state.path });
  const before = await greeterNode(platform);
  await platform.runtime.restart("greeter");
  const after = await greeterNode(platform);
  assert.notEqual(after.id, before.id);
  assert.deepEqual(after.addresses, before.addresses);
  const [address = ""] = after.addresses;
  const sockets = await readdir(dirname(address.slice("unix:".length)));
  assert.equal(sockets.filter((name) => name.startsWith("greeter")).length, 1);
});
