/**
 * The files of a new service. The template is a service of its own, `new-service`, which this repository formats,
 * compiles and tests; here it is only given another name.
 */
import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ReefError } from "../core/errors.ts";
import { failure } from "./failure.ts";
import type { NewName } from "./new-name.ts";

/** Beside the sources as beside the built files. */
const template = new URL("../../templates/new-service/", import.meta.url);

/** What every service is. */
const serviceFiles = [
  "new-service.contract.ts",
  "new-service.numbers.json",
  "new-service.ts",
  "new-service.test.ts",
];

/** What makes a folder a project, by the names in the template: npm and Git would take their own names to heart. */
const projectFiles: { readonly [path: string]: string } = {
  "package.json": "manifest.json",
  "tsconfig.json": "tsconfig.json",
  ".gitignore": "gitignore",
  "README.md": "README.md",
};

export interface NewProjectOptions extends NewName {
  readonly folder: string;
  /** The version of reef for package.json. */
  readonly dependency: string;
}

export interface NewProject {
  /** Paths below the folder. */
  readonly created: readonly string[];
  /** Files of the project that was there. */
  readonly leftAlone: readonly string[];
  /** Of the project that was there; undefined for a new one. */
  readonly manifest: string | undefined;
}

/**
 * Writes the files of a service; those of a project too, unless a package.json says that there is one.
 * @throws {ReefError} `already_exists` that names the files in the way, and then nothing was written
 */
export async function createProject(options: NewProjectOptions): Promise<NewProject> {
  const { folder, name } = options;
  const manifest = await readManifest(folder);
  const files = await filesOf(options, manifest === undefined);
  const taken = await present(folder, [...files.keys()]);
  if (taken.length > 0) {
    throw failure(
      "already_exists",
      `Cannot make "${name}" in ${folder}: ${taken.join(", ")} would be overwritten; ` +
        "choose another --dir or name",
    );
  }
  try {
    await mkdir(folder, { recursive: true });
    for (const [path, text] of files) {
      // Whoever came in between is not overwritten either.
      await writeFile(join(folder, path), text, { flag: "wx" });
    }
  } catch (cause) {
    const { message } = ReefError.from(cause);
    throw failure("failed_precondition", `Cannot write into ${folder}: ${message}`, { cause });
  }
  const others = manifest === undefined ? [] : Object.keys(projectFiles);
  return { created: [...files.keys()], leftAlone: await present(folder, others), manifest };
}

async function filesOf(
  options: NewProjectOptions,
  withProject: boolean,
): Promise<ReadonlyMap<string, string>> {
  const sources = [
    ...(withProject ? Object.entries(projectFiles) : []),
    ...serviceFiles.map((path) => [path, path] as const),
  ];
  const files = sources.map(async ([path, source]) => {
    const text = renamed(await readFile(new URL(source, template), "utf8"), options);
    const dependency = JSON.stringify(options.dependency);
    const whole = source === "manifest.json" ? text.replace('"*"', () => dependency) : text;
    return [renamed(path, options), whole] as const;
  });
  return new Map(await Promise.all(files));
}

/** The template has a name of two words, so that each of its spellings is another text. */
function renamed(text: string, { name, type, value }: NewName): string {
  return text
    .replaceAll("new-service", name)
    .replaceAll("NewService", type)
    .replaceAll("newService", value);
}

async function readManifest(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, "package.json"), "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // A file in the place of the folder is found out by whoever writes into it.
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw failure("failed_precondition", `Cannot read ${join(folder, "package.json")}`, {
      cause: error,
    });
  }
}

async function present(folder: string, paths: readonly string[]): Promise<string[]> {
  const found = paths.map(async (path) => {
    return await access(join(folder, path)).then(
      () => [path],
      () => [],
    );
  });
  return (await Promise.all(found)).flat();
}
