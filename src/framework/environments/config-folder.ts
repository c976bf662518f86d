/**
 * Where a person's environments and logins are kept: beside the settings of other programs, and readable by nobody
 * else.
 */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";

/** Undefined where this process has no home. A relative `XDG_CONFIG_HOME` counts for nothing, as its standard says. */
export function configFolder(env: {
  readonly [name: string]: string | undefined;
}): string | undefined {
  const { XDG_CONFIG_HOME: xdg = "", HOME: home = "" } = env;
  if (isAbsolute(xdg)) return join(xdg, "reef");
  return home === "" ? undefined : join(home, ".config", "reef");
}

/** Makes the folder of a file; one that others may look into is closed. */
export async function prepareFolderOf(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

/** The whole text or nothing of it, on disk when it resolves; nobody else can read it at any moment. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await prepareFolderOf(path);
  const partial = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(partial, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
