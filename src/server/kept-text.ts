/** A small text in the state folder that is made at the first start and then stays: the platform's id, its keys. */
import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StateFolder } from "../framework/state-folder.ts";

/**
 * What the file of this name says; `make` makes it when there is none. It is on disk when this resolves, and nobody
 * else on this machine can read it. Of two that make it at the same time the first one stays.
 */
export async function keptText(
  { path }: Pick<StateFolder, "path">,
  name: string,
  make: () => string,
): Promise<string> {
  const file = join(path, name);
  const known = await read(file);
  if (known !== undefined) return known;
  const text = make();
  const draft = `${file}.${randomUUID()}`;
  await writeThrough(draft, text);
  try {
    // Whole or not at all.
    await link(draft, file);
    await syncFolder(path);
    return text;
  } catch (error) {
    const first = await read(file);
    if (first === undefined) throw error;
    return first;
  } finally {
    await rm(draft);
  }
}

/** Another text in the place of the one that is there; whoever reads has the one or the other. */
export async function replaceText(
  { path }: Pick<StateFolder, "path">,
  name: string,
  text: string,
): Promise<void> {
  const file = join(path, name);
  const draft = `${file}.${randomUUID()}`;
  await writeThrough(draft, text);
  await rename(draft, file);
  await syncFolder(path);
}

async function read(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function writeThrough(file: string, text: string): Promise<void> {
  await using handle = await open(file, "wx", 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}
