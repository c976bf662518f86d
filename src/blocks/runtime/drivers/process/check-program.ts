/** Before an update: the program is built, or at least looked through, so that a slip does not cost a start. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { ReefError } from "../../../../core/errors.ts";
import { runtimeErrors } from "../../contract.ts";
import { type Environment, inheritedFrom } from "./environment.ts";
import type { Program } from "./program.ts";

export interface CheckOptions {
  /** Of the service. */
  readonly name: string;
  /** The platform's own variables; a build gets a few of them. */
  readonly environment: Environment;
  readonly signal: AbortSignal | undefined;
}

/** A build of a large project on a slow machine; one that takes longer hangs. */
const buildTimeoutMs = 300_000;

/** The end of what a build says is where it says why it failed. */
const outputLinesMax = 60;
const outputLengthMax = 64 * 1024;

/** Types are taken out as Node does it when it runs the file; nothing is run, and no import is followed. */
const checkTypeScript = `
  const { readFileSync } = require("node:fs");
  const { stripTypeScriptTypes } = require("node:module");
  const { SourceTextModule } = require("node:vm");
  const file = process.argv[1];
  try {
    const code = stripTypeScriptTypes(readFileSync(file, "utf8"), { sourceUrl: file });
    new SourceTextModule(code, { identifier: file });
  } catch (error) {
    console.error(String(error.stack).split("\\n    at ")[0]);
    process.exitCode = 1;
  }`;

/**
 * A TypeScript file is run as it is, so only JavaScript may be the product of a build. A command is nobody's to check.
 * @throws {ReefError} `failed_precondition` (`not_built`) with the output
 */
export async function checkProgram(program: Program, options: CheckOptions): Promise<void> {
  if (program.attend) return;
  const { source: file, folder } = program;
  const isTypeScript = [".ts", ".mts"].includes(extname(file));
  const root = isTypeScript ? undefined : await buildFolder(folder);
  if (root !== undefined) return await run(["npm", "run", "--silent", "build"], root, options);
  const check = isTypeScript
    ? ["--no-warnings", "--experimental-vm-modules", "-e", checkTypeScript, file]
    : ["--check", file];
  await run([process.execPath, ...check], folder, options);
}

/** The folder of the nearest package.json, if that has a script to build. */
async function buildFolder(folder: string): Promise<string | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const { scripts } = content as { readonly scripts?: { readonly build?: unknown } };
    return typeof scripts?.build === "string" ? folder : undefined;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isMissing || dirname(folder) === folder) return undefined;
    return await buildFolder(dirname(folder));
  }
}

async function run(
  [command = "", ...args]: readonly string[],
  folder: string,
  { name, environment, signal }: CheckOptions,
): Promise<void> {
  const over = AbortSignal.timeout(buildTimeoutMs);
  const child = spawn(command, args, {
    cwd: folder,
    env: inheritedFrom(environment),
    stdio: ["ignore", "pipe", "pipe"],
    signal: signal ? AbortSignal.any([signal, over]) : over,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-outputLengthMax);
    });
  }
  try {
    const [code] = (await once(child, "close")) as [number | null];
    if (code === 0) return;
    throw refused(name, command === "npm" ? "its build failed" : "it is not valid", output);
  } catch (thrown) {
    signal?.throwIfAborted();
    if (thrown instanceof ReefError) throw thrown;
    const { message } = ReefError.from(thrown);
    throw refused(
      name,
      over.aborted ? `its build took over ${buildTimeoutMs} ms` : message,
      output,
    );
  }
}

function refused(name: string, rule: string, output: string): ReefError {
  const lines = output.trimEnd().split("\n").slice(-outputLinesMax);
  const shown = lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n");
  return runtimeErrors.not_built(
    { name, output: lines },
    `Cannot update "${name}": ${rule}; the present process goes on. It wrote:\n\n${shown}\n`,
  );
}
