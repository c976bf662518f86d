/** What a project has to write into its package.json to get the reef that runs now. */
import { access, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

export interface ReefDependency {
  /** `^1.2.0`, `file:/srv/reef-1.2.0.tgz`, `file:/srv/reef`. */
  readonly spec: string;
  /** Anybody can install it, on any machine. */
  readonly isPublished: boolean;
}

/**
 * By the version only when npm says that it came from a registry: a checkout, or a package file that somebody was
 * given, may not be there at all, or be something else of the same name.
 */
export async function reefDependency(packageFolder: string): Promise<ReefDependency> {
  const resolved = await resolvedBy(packageFolder);
  if (resolved?.startsWith("https:") || resolved?.startsWith("http:")) {
    const { version } = await readJson<{ version: string }>(join(packageFolder, "package.json"));
    return { spec: `^${version}`, isPublished: true };
  }
  // npm writes a package file by its way from the project in which it installed it.
  const file = resolved?.startsWith("file:")
    ? resolve(dirname(dirname(packageFolder)), resolved.slice("file:".length))
    : packageFolder;
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  return { spec: `file:${isThere ? file : packageFolder}`, isPublished: false };
}

/** Where npm says that it had the package from, in the lock file that it keeps beside what it installed. */
async function resolvedBy(packageFolder: string): Promise<string | undefined> {
  const modules = dirname(packageFolder);
  if (basename(modules) !== "node_modules") return undefined;
  type Lock = { packages?: { [path: string]: { resolved?: string } } };
  const lock = await readJson<Lock>(join(modules, ".package-lock.json")).catch(() => undefined);
  return lock?.packages?.[`node_modules/${basename(packageFolder)}`]?.resolved;
}

async function readJson<T>(path: string): Promise<T> {
  // Files that npm wrote or checked: their form is known.
  return JSON.parse(await readFile(path, "utf8")) as T;
}
