/** `reef contract lock FILE`: numbers for whatever has none yet, in the file beside the module. */
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { ContractDescriptor } from "../../../contract/descriptor.ts";
import { canonicalJson } from "../../../contract/digest.ts";
import { parseNumbers, type ContractNumbers } from "../../../contract/numbers/lock-file.ts";
import { lockNumbers } from "../../../contract/numbers/lock-numbers.ts";
import { isRecord } from "../../../contract/shape-check.ts";
import { joinPath } from "../../../contract/violations.ts";
import { ReefError } from "../../../core/errors.ts";
import type { CommandContext } from "../../command.ts";
import { failure, usageError, type ExitCode } from "../../failure.ts";
import { loadContracts } from "../../load-contract.ts";
import { counted, note, printJson } from "../../print.ts";
import { shellWord } from "../../shell-word.ts";
import { painter } from "../../terminal.ts";
import type { Words } from "./action.ts";

/** What became of the numbers of one contract. */
interface Locked {
  readonly name: string;
  readonly numbers: ContractNumbers;
  /** The places, `greeter.hello.input.name`, that have a number now and had none. */
  readonly given: readonly string[];
  /** The places that are gone, whose numbers were reserved. */
  readonly reserved: readonly string[];
}

export async function lock(context: CommandContext, { target, check }: Words): Promise<ExitCode> {
  const path = resolve(context.folder, target);
  const descriptors = await loadContracts(path);
  refuseTwins(target, descriptors);
  const file = join(dirname(path), numbersName(path));
  const before = await readNumbers(file);
  const locked = descriptors.map((descriptor) => lockOne(descriptor, before));
  const all = { ...before, ...Object.fromEntries(locked.map((each) => [each.name, each.numbers])) };
  const changed = canonicalJson(all) !== canonicalJson(before);
  const shown = relative(context.folder, file) || basename(file);
  if (check && changed) throw outdated(shown, target, locked);
  if (changed) await write(file, all);
  const taken = (await readFile(path, "utf8")).includes(basename(file));
  if (context.globals.json) {
    const contracts = locked.map(({ name, given, reserved }) => ({ name, given, reserved }));
    await printJson(context, { file, changed, contracts });
    return 0;
  }
  await print(context, { file: shown, changed, locked });
  if (!taken) await note(context, advice(context, target, file));
  return 0;
}

/** `greeter.contract.ts` has `greeter.numbers.json` beside it. */
function numbersName(path: string): string {
  return `${basename(path).replace(/(?:\.contract)?\.[cm]?[jt]s$/u, "")}.numbers.json`;
}

function refuseTwins(target: string, descriptors: readonly ContractDescriptor[]): void {
  const names = descriptors.map(({ name }) => name);
  const twin = names.find((name, index) => names.indexOf(name) < index);
  if (twin === undefined) return;
  throw usageError(
    `Cannot lock ${target}: it exports two contracts "${twin}"; give each a module of its own`,
  );
}

async function readNumbers(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return {};
    const { message } = ReefError.from(cause);
    throw failure("failed_precondition", `Cannot read ${file}: ${message}`, { cause });
  }
  try {
    const data: unknown = JSON.parse(text);
    if (isRecord(data)) return data;
  } catch (cause) {
    throw failure("invalid_argument", broken(file), { cause });
  }
  throw failure("invalid_argument", broken(file));
}

function broken(file: string): string {
  return `Cannot read ${file}: it is not a JSON object; put it back as it was, from its history`;
}

function lockOne(descriptor: ContractDescriptor, before: Record<string, unknown>): Locked {
  const { name } = descriptor;
  const previous = parseNumbers(before, name);
  const numbers = lockNumbers(descriptor, previous);
  const was = placesOf(name, previous);
  const is = placesOf(name, numbers);
  return {
    name,
    numbers,
    given: [...is.difference(was)],
    reserved: [...was.difference(is)],
  };
}

function placesOf(name: string, lock: ContractNumbers | undefined): Set<string> {
  const places = Object.entries(lock?.numbers ?? {}).flatMap(([path, numbers]) => {
    const place = path.startsWith("#") ? `${name}${path}` : `${name}.${path}`;
    return Object.keys(numbers).map((each) => joinPath(place, each));
  });
  return new Set(places);
}

function outdated(file: string, target: string, locked: readonly Locked[]): ReefError {
  const [given] = locked.flatMap((each) => each.given);
  const [gone] = locked.flatMap((each) => each.reserved);
  const missing = given === undefined ? `${gone} is gone` : `${given} has no number in it`;
  const rule = (given ?? gone) ? missing : "it has another form";
  return failure("failed_precondition", `Cannot go on with ${file}: ${rule}`, {
    tryNext: `reef contract lock ${shellWord(target)}`,
  });
}

async function write(file: string, numbers: Record<string, unknown>): Promise<void> {
  const sorted = Object.entries(numbers).toSorted(([a], [b]) => (a < b ? -1 : 1));
  try {
    await writeFile(file, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
  } catch (cause) {
    const { message } = ReefError.from(cause);
    throw failure("failed_precondition", `Cannot write ${file}: ${message}`, { cause });
  }
}

interface Done {
  readonly file: string;
  readonly changed: boolean;
  readonly locked: readonly Locked[];
}

async function print(context: CommandContext, { file, changed, locked }: Done): Promise<void> {
  const name = painter(context.stdout, "name");
  const lines = locked.map(({ name: service, given, reserved }) => {
    const news = [
      ...(given.length > 0 ? [`${counted(given.length, "number")} given`] : []),
      ...(reserved.length > 0 ? [`${counted(reserved.length, "number")} reserved`] : []),
    ];
    return `${name(service)}: ${news.join(", ") || "every field has its number"}\n`;
  });
  await context.stdout.write(lines.join(""));
  await note(context, changed ? `Written: ${file}` : `${file} stays as it is`);
}

/** What to write into the module, once. */
function advice({ stderr }: CommandContext, target: string, file: string): string {
  const name = painter(stderr, "name");
  const line = `import numbers from "./${basename(file)}" with { type: "json" };`;
  return (
    `next, in ${target}:\n  ${name(line)}\n` +
    `  and give it to contract(name, methods, ${name("{ numbers }")})`
  );
}
