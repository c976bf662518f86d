import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createManualClock } from "../testing/manual-clock.ts";
import { soon } from "../testing/soon.ts";
import { IdentityFile } from "./identity-file.ts";

async function openFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("IdentityFile tells of each token that takes the place of another", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "trip.token");
  await writeFile(path, "first");
  using file = new IdentityFile(path);
  assert.equal(await file.token(), "first");
  const changed = Promise.withResolvers<void>();
  file.onChange(changed.resolve);
  await writeFile(`${path}.draft`, "second\n");
  await rename(`${path}.draft`, path);
  await soon("the change", changed.promise);
  assert.equal(await file.token(), "second");
});

test("IdentityFile is nobody known without a file, and finds one that comes where it cannot watch", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "later", "trip.token");
  const clock = createManualClock();
  using file = new IdentityFile(path, { clock });
  assert.equal(await file.token(), undefined);
  const changed = Promise.withResolvers<void>();
  file.onChange(changed.resolve);
  await mkdir(join(folder.path, "later"));
  await writeFile(path, "first");
  clock.advance(30_000);
  await soon("the change", changed.promise);
  assert.equal(await file.token(), "first");
});
