import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stateFolder } from "../framework/state-folder.ts";
import { platformId } from "./platform-id.ts";

test("platformId() is the same for all who ask in one folder, and another in another", async () => {
  const folders = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), "reef-"))));
  try {
    const [first = [], second = []] = await Promise.all(
      folders.map((path) => Promise.all([1, 2, 3, 4].map(() => platformId(stateFolder(path))))),
    );
    const all = new Set([...first, ...second]);
    assert.equal(all.size, 2);
    for (const id of all) assert.match(id, /^[0-9a-f]{32}$/);
    for (const [index, path] of folders.entries()) {
      assert.deepEqual(await readdir(path), ["id"]);
      assert.equal(await platformId(stateFolder(path)), [first, second][index]?.[0]);
    }
  } finally {
    await Promise.all(folders.map((path) => rm(path, { recursive: true })));
  }
});
