import assert from "node:assert/strict";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { openPlatform } from "./platform.ts";

test("openPlatform() says that a platform is another user's, and how that one is reached", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reef-of-another-"));
  await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  await chmod(folder, 0);
  // No folder is closed to root.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await assert.rejects(openPlatform({ control: `unix:${folder}/run/control.sock` }), {
      code: "permission_denied",
      message:
        `Cannot reach the platform: unix:${folder}/run/control.sock is for another user of this machine alone; ` +
        `"reef env add NAME http://127.0.0.1:8081" names its proxy, where you log in`,
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});
