/**
 * What `reef run` and `reef server` are asked to run: a program for Node, or one of another language whose folder says
 * in `reef.json` how it is started.
 */
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import type { RunSpec } from "../blocks/runtime/index.ts";
import { t } from "../contract/builder.ts";
import { violationError } from "../contract/violations.ts";
import { didYouMean } from "../core/suggest.ts";
import { parseWords } from "./command-words.ts";
import { failure, usageError } from "./failure.ts";
import { loadContract } from "./load-contract.ts";

/** How a program is started that does not know reef, as flags and `reef.json` say it. */
export interface ForeignTarget {
  readonly contract?: string | undefined;
  readonly port?: number | undefined;
  readonly ready?: string | undefined;
}

const file = "reef.json";

/** What stands in `reef.json`; paths are seen from its folder. */
const ReefFile = t.object({
  command: t.string().describe("Program and arguments, started without a shell in the folder"),
  name: t.string().optional(),
  contract: t.string().optional().describe("contract.json, or contracts.ts#Name"),
  port: t.integer({ minimum: 1, maximum: 65_535 }).optional(),
  ready: t.string().optional(),
  env: t.map(t.string()).optional(),
  optional: t
    .boolean()
    .default(false)
    .describe("reef server goes on without it where its command is not installed"),
});

const known = ["command", "name", "contract", "port", "ready", "env", "optional"];

/** What is run, and whether others can do without it. */
export interface RunTarget {
  readonly spec: RunSpec;
  readonly optional: boolean;
}

/**
 * The program at a path. What flags say counts more than what `reef.json` says.
 * @throws {ReefError} a usage error for flags that a program for Node does not have; what `commandTarget` throws
 */
export async function pathTarget(path: string, flags: ForeignTarget = {}): Promise<RunTarget> {
  const text = await readFile(join(path, file), "utf8").catch(absent);
  if (text === undefined) {
    const given = Object.entries(flags).find(([, value]) => value !== undefined);
    if (given) {
      const rule = `${path} is run by Node; it belongs to --command, or a folder with ${file}`;
      throw usageError(`Flag --${given[0]} is of no use: ${rule}`);
    }
    return { spec: { source: path }, optional: false };
  }
  const { command, name, contract, port, ready, env, optional } = parseReefFile(
    join(path, file),
    text,
  );
  const spec = await commandTarget(command, path, {
    contract: flags.contract ?? (contract === undefined ? undefined : resolve(path, contract)),
    port: flags.port ?? port,
    ready: flags.ready ?? ready,
  });
  // The folder is what the program is called by, as it is where its file is named service or index.
  return { spec: { ...spec, name: name ?? basename(path), ...(env && { env }) }, optional };
}

/**
 * A command that is started in a folder.
 * @throws {ReefError} a usage error for words or readiness that are none; what `loadContract` throws
 */
export async function commandTarget(
  command: string,
  folder: string,
  { contract, port, ready }: ForeignTarget,
): Promise<RunSpec> {
  if (ready !== undefined && !/^(port|started|\/.*)$/.test(ready)) {
    const forms = '"port", "started" or a path such as /healthz';
    throw usageError(`Flag --ready must be ${forms}, got ${JSON.stringify(ready)}`);
  }
  return {
    command: parseWords(command),
    folder,
    ...(contract !== undefined && { contract: await loadContract(resolve(folder, contract)) }),
    ...(port !== undefined && { port }),
    ...(ready !== undefined && { readiness: ready }),
  };
}

function parseReefFile(path: string, text: string) {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw failure("invalid_argument", `Cannot read ${path}: it is not JSON`, { cause });
  }
  const result = ReefFile["~standard"].validate(parsed);
  if (result.issues) throw violationError(path, result.issues);
  const odd = Object.keys(parsed as object).find((key) => !known.includes(key));
  if (odd === undefined) return result.value;
  const hint = didYouMean(odd, known);
  const rule = `it has ${known.join(", ")}, and not "${odd}"${hint}`;
  throw failure("invalid_argument", `Cannot read ${path}: ${rule}`);
}

/** Not there, or the path is no folder: then it is a program for Node. */
function absent(): undefined {
  return undefined;
}
