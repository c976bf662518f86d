/** A program for Node: the file that a path means, and the name it has when nobody gives it one. */
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, normalize } from "node:path";
import { ReefError } from "../../../../core/errors.ts";
import { runtimeErrors } from "../../contract.ts";
import type { Program } from "./program.ts";

/** What Node runs as it is. `.cjs` is left out: a reef service imports modules. */
const endings = [".ts", ".mts", ".js", ".mjs"];

/**
 * Where a folder without a `main` is searched: file names first, then endings, so that `service.js` beats `index.ts`.
 */
const folderNames = ["service", "index", "main"];
const folderEndings = [".ts", ".js", ".mjs"];

/** A package.json beyond it is not one that a person wrote. */
const packageBytesMax = 1024 * 1024;

export async function findSource(source: string): Promise<Program> {
  if (!isAbsolute(source) || source.includes("\0")) {
    throw new ReefError(
      "invalid_argument",
      `Cannot run "${source}": the path must be absolute, because the platform works in another folder`,
      { maybeExecuted: false },
    );
  }
  const path = normalize(source.length > 1 ? source.replace(/\/+$/, "") : source);
  const kind = await kindOf(path);
  if (kind === "file") return programOf(path);
  if (kind === "folder") return await findInFolder(path);
  throw runtimeErrors.no_program(
    { source: path, lookedFor: [path] },
    `Cannot run ${path}: there is no such file or folder`,
  );
}

async function findInFolder(folder: string): Promise<Program> {
  const main = await mainOf(folder);
  const named = [...folderNames, basename(folder)].flatMap((name) =>
    folderEndings.map((ending) => name + ending),
  );
  const lookedFor = main === undefined ? named : [main, ...named];
  for (const candidate of lookedFor) {
    const path = join(folder, candidate);
    if ((await kindOf(path)) === "file") return programOf(path, folder);
  }
  throw runtimeErrors.no_program(
    { source: folder, lookedFor },
    `Cannot run ${folder}: no service was found in this folder, looked for ` +
      `${lookedFor.join(", ")}; name the file itself, or put it as "main" into package.json`,
  );
}

/** `main` of the folder's package.json; absent when there is none, or no package.json. */
async function mainOf(folder: string): Promise<string | undefined> {
  const path = join(folder, "package.json");
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile() || info.size > packageBytesMax) return undefined;
  try {
    const content: unknown = JSON.parse(await readFile(path, "utf8"));
    const main = content && typeof content === "object" && "main" in content ? content.main : null;
    return typeof main === "string" && main !== "" ? main : undefined;
  } catch (cause) {
    throw new ReefError("invalid_argument", `Cannot run ${folder}: ${path} is not valid JSON`, {
      cause,
      maybeExecuted: false,
    });
  }
}

function programOf(file: string, folder = dirname(file)): Program {
  const ending = extname(file);
  if (!endings.includes(ending)) {
    throw new ReefError(
      "invalid_argument",
      `Cannot run ${file}: a program ends in ${endings.join(", ")}, this one in "${ending}"`,
      { maybeExecuted: false },
    );
  }
  const name = basename(file, ending);
  return {
    name: folderNames.includes(name) ? basename(folder) : name,
    source: file,
    command: process.execPath,
    args: [file],
    // A service finds its own files wherever the platform was started.
    folder: dirname(file),
  };
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    const info = await stat(path);
    return info.isDirectory() ? "folder" : info.isFile() ? "file" : undefined;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw new ReefError("permission_denied", `Cannot run ${path}: it cannot be looked at`, {
      cause,
      maybeExecuted: false,
    });
  }
}
