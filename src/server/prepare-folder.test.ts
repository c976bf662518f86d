import assert from "node:assert/strict";
import { chmod, chown, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { stateFolder } from "../framework/state-folder.ts";
import { prepareFolder } from "./prepare-folder.ts";

const isRoot = process.getuid?.() === 0;

async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), "reef-folder-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("prepareFolder() closes a folder that others could read", async () => {
  await using folder = await openFolder();
  await chmod(folder.path, 0o777);
  await prepareFolder(stateFolder(folder.path, {}));
  assert.equal((await stat(folder.path)).mode & 0o777, 0o700);
});

test("prepareFolder() keeps no platform in a folder of another user, who could put his own in its place", async () => {
  await using folder = await openFolder();
  // Only root can give one away; for all others the root of the file system is somebody else's.
  if (isRoot) await chown(folder.path, 65_534, -1);
  const path = isRoot ? folder.path : "/";
  await assert.rejects(prepareFolder({ ...stateFolder(folder.path, {}), path }), {
    code: "permission_denied",
    message:
      /it is of user \d+ and not of user \d+, which starts it; name another folder by "--state"/,
  });
  if (isRoot) assert.equal((await stat(folder.path)).uid, 65_534);
});

test("prepareFolder() says what to do where no folder can be made", async () => {
  await using folder = await openFolder();
  const file = join(folder.path, "file");
  await writeFile(file, "");
  const state = stateFolder(join(file, "state"), {});
  await assert.rejects(prepareFolder(state), {
    code: "permission_denied",
    message: /^Cannot keep a platform in .*ENOTDIR.*; name another folder by "--state"$/,
  });
});
