/** What another user of the machine finds of a platform: no file, no socket, no secret in a list of processes. */
import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { openStateFolder, root, startReef } from "../test-command.ts";

test("nothing of a platform is readable by others, and no argument or variable of its processes proves anything", async () => {
  await using state = await openStateFolder();
  const greeter = join(root, "examples", "hello", "greeter.ts");
  const args = ["server", greeter, "--state", state.path, "--port", "0", "--proxy-port", "0"];
  await using server = startReef(args);
  await server.printed(/All are ready/);
  const entries = await readdir(state.path, { recursive: true, withFileTypes: true });
  // Whoever may not enter a folder does not get at what is in it, whatever its mode.
  const open = new Set<string>();
  const modeOf = async (path: string) => (await stat(path)).mode & 0o077;
  if ((await modeOf(state.path)) !== 0) open.add(state.path);
  for (const entry of entries.filter(({ parentPath }) => open.has(parentPath))) {
    const path = join(entry.parentPath, entry.name);
    // oxlint-disable-next-line no-await-in-loop
    if ((await modeOf(path)) !== 0) open.add(path);
  }
  assert.deepEqual([...open], []);
  const secrets = await Promise.all(
    ["seal.key", "owner.secret", "identity/owner.token", "identity/default/greeter.token"].map(
      async (name) => (await readFile(join(state.path, name), "utf8")).trim(),
    ),
  );
  const texts = await processesOf(state.path);
  assert.ok(texts.length >= 2, "the platform and the service");
  for (const text of texts) {
    for (const secret of secrets) assert.ok(!text.includes(secret));
  }
});

/** Arguments and environment of each process that names the folder. */
async function processesOf(folder: string): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(
    ids.map(async (id) => {
      const [words, env] = await Promise.all(
        ["cmdline", "environ"].map((name) => readFile(`/proc/${id}/${name}`, "utf8").catch(gone)),
      );
      return `${words}\n${env}`;
    }),
  );
  return texts.filter((text) => text.includes(folder));
}

/** It has ended, or is of somebody else. */
function gone(): string {
  return "";
}
