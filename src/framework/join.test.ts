import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createLogger } from "../core/log.ts";
import { openRpcServer } from "../rpc/server.ts";
import { readEnvironment } from "./environment.ts";
import { joinPlatform } from "./join.ts";

async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  const control = `unix:${join(path, "control.sock")}`;
  return {
    env: readEnvironment({ REEF_PLATFORM: control }),
    serve: () =>
      openRpcServer({
        services: [],
        listen: [control],
        context: () => assert.fail("it serves nothing"),
        log: createLogger({ write: () => {} }),
      }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}

test("joinPlatform() waits for the platform that started this program and was killed since", async () => {
  await using folder = await openFolder();
  const joining = joinPlatform({ env: folder.env });
  await using server = await folder.serve();
  assert.equal(server.addresses.length, 1);
  await using platform = await joining;
  assert.equal(platform?.control, folder.env.platform);
});

test("joinPlatform() gives up when it does not come back in time, and when nobody waits any more", async () => {
  await using folder = await openFolder();
  const { env } = folder;
  await assert.rejects(joinPlatform({ env, returnMs: 0 }), { code: "unavailable" });
  const controller = new AbortController();
  const joining = joinPlatform({ env, signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(joining, { message: "enough" });
});
