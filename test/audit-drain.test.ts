/** What was decided in the last moments of a process that is told to end is in the audit; only kill -9 loses it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { createLogger } from "../src/core/log.ts";
import { openPlatform } from "../src/framework/platform.ts";
import { startServer } from "../src/server/start-server.ts";
import { openStateFolder, root, startNode, startPlatform } from "./test-command.ts";

const callsMade = 5;
const echoProgram = join(root, "src/framework/fixtures/echo-program.ts");

test("a service that gets SIGTERM and a platform that gets Ctrl-C tell their last decisions before they end", async () => {
  await using state = await openStateFolder();
  await using platform = await startPlatform(state.path);
  await using echo = startNode([echoProgram], { REEF_STATE: state.path });
  await echo.printed(/echo .* is ready at .*on the platform/);
  const headers = { "content-type": "application/json" };
  const asked = { method: "POST", headers, body: '{"text":"x"}' };
  for (let n = 0; n < callsMade; n += 1) {
    // oxlint-disable-next-line no-await-in-loop
    assert.equal((await fetch(`${platform.gateway}/echo/say`, asked)).status, 200);
  }
  // None of both has waited for the second after which it tells.
  echo.child.kill("SIGTERM");
  await echo.finished;
  platform.child.kill("SIGINT");
  await platform.finished;
  const log = createLogger({ write: () => {} });
  await using _ = await startServer({ state: state.path, port: 0, proxyPort: 0, log });
  await using owner = await openPlatform({ state: state.path });
  const { items } = await owner.auth.audit({ resource: "service:echo:say" });
  const told = items.map(({ event, by, calls }) => `${event} ${calls} ${by}`).toSorted();
  assert.deepEqual(told, [
    `call allowed ${callsMade} edge:gateway`,
    `call allowed ${callsMade} service:echo`,
  ]);
});
