import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stateFolder } from "../framework/state-folder.ts";
import { ownParts } from "./own-parts.ts";
import { prepareFolder } from "./prepare-folder.ts";

test("ownParts() refuses a part that is owned, takes none then, and gives back with its disposal", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  t.after(() => rm(folder, { recursive: true }));
  const state = stateFolder(folder);
  await prepareFolder(state);
  const first = await ownParts(["registry"], state);
  await assert.rejects(ownParts(["store", "registry"], state), (error: Error) => {
    assert.match(error.message, /^Cannot run the registry: another process of the state folder /);
    return true;
  });
  // The store was not kept by whoever could not have both.
  (await ownParts(["store"], state))[Symbol.dispose]();
  first[Symbol.dispose]();
  (await ownParts(["store", "registry"], state))[Symbol.dispose]();
});
