import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { missingServers } from "./install-servers.ts";

test("missingServers() names what is in no folder of the path, nor in its own", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  try {
    await writeFile(join(folder, "postgres"), "");
    await chmod(join(folder, "postgres"), 0o755);
    await writeFile(join(folder, "nats-server"), "not a program");
    await chmod(join(folder, "nats-server"), 0o644);
    const postgres = { command: "postgres", aptPackage: "postgresql" };
    const nats = { command: "nats-server", aptPackage: "nats-server" };
    assert.deepEqual(missingServers([postgres, nats], `/nowhere:${folder}`), [nats]);
    const hidden = { ...postgres, folders: `${folder.slice(0, -1)}*` };
    assert.deepEqual(missingServers([postgres, hidden], "/nowhere"), [postgres]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
