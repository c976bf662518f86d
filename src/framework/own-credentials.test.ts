import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { type Environment, readEnvironment } from "./environment.ts";
import { ownerIdentityPath } from "./identity-path.ts";
import { ownCredentials } from "./own-credentials.ts";
import { stateFolder } from "./state-folder.ts";

test("ownCredentials() shows what a platform gave to that one alone, and the owner's file to the one of that folder", async () => {
  await using stack = new AsyncDisposableStack();
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  stack.defer(() => rm(path, { recursive: true }));
  const state = stateFolder(path, {});
  await mkdir(dirname(ownerIdentityPath(state)), { recursive: true });
  await writeFile(ownerIdentityPath(state), "the owner's");
  const identity = join(path, "trip.token");
  await writeFile(identity, "trip's");
  const bare = readEnvironment({});
  const given = { ...bare, platform: "unix:/elsewhere/control.sock", identity };
  const tokenFor = async (control: string, env: Environment) => {
    using credentials = ownCredentials({ control, state: path, env });
    return await credentials.token();
  };
  assert.equal(await tokenFor(state.control, bare), "the owner's");
  assert.equal(await tokenFor("unix:/elsewhere/control.sock", given), "trip's");
  assert.equal(await tokenFor(state.control, given), "the owner's");
  assert.equal(await tokenFor("unix:/a/third/control.sock", given), undefined);
  await rm(ownerIdentityPath(state));
  assert.equal(await tokenFor(state.control, bare), undefined);
});
