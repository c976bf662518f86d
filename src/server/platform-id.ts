/** What tells one platform from the others that keep their things in the same store: a name in its state folder. */
import { randomUUID } from "node:crypto";
import { link, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StateFolder } from "../framework/state-folder.ts";

/** 32 hexadecimal digits; made at the first start, and kept as well as what it is the name of. */
export async function platformId({ path }: StateFolder): Promise<string> {
  const file = join(path, "id");
  const known = await read(file);
  if (known !== undefined) return known;
  const id = randomUUID().replaceAll("-", "");
  const draft = `${file}.${id}`;
  await writeThrough(draft, id);
  try {
    // Whole or not at all, and of two that start at the same time the first one stays.
    await link(draft, file);
    await syncFolder(path);
    return id;
  } catch (error) {
    const first = await read(file);
    if (first === undefined) throw error;
    return first;
  } finally {
    await rm(draft);
  }
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
