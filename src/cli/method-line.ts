/**
 * What stands behind a method: its fields as flags, and among them the options of reef whose names no field has taken.
 */
import type { ContractDescriptor, MethodDescriptor } from "../contract/descriptor.ts";
import { optionValues, scanArguments } from "./arguments.ts";
import type { Values } from "./arguments.ts";
import type { CommandContext, OptionSpecs } from "./command.ts";
import { globalOptions } from "./command.ts";
import { readDynamicInput } from "./dynamic-input.ts";
import { usageError } from "./failure.ts";
import { jsonInputFlag, readFieldFlags } from "./field-flags.ts";
import type { FieldFlags } from "./field-flags.ts";
import type { Invocation } from "./invoke.ts";
import { mergeGlobals } from "./merge-globals.ts";
import { shellWord } from "./shell-word.ts";

export interface MethodLineOptions {
  readonly descriptor: ContractDescriptor;
  readonly method: MethodDescriptor;
  /** The words behind the method. */
  readonly args: readonly string[];
  /** `reef greeter hello`, for messages. */
  readonly command: string;
  /** Of the command, beside those of every command. */
  readonly options: OptionSpecs;
}

export interface MethodLine {
  /** With the options of every command as they were given before or behind the method. */
  readonly context: CommandContext;
  readonly invocation: Invocation;
  /** The values of `options`; undefined where none was given. */
  readonly own: Values;
}

/** @throws {ReefError} usage: an unknown flag, a value that breaks its rule, a field that is missing */
export async function readMethodLine(
  context: CommandContext,
  { descriptor, method, args, command, options }: MethodLineOptions,
): Promise<MethodLine> {
  const { contractFromDescriptor } = await import("../contract/contract-from-descriptor.ts");
  const contract = contractFromDescriptor(descriptor);
  const fields = readFieldFlags(method.input);
  const known: OptionSpecs = { ...options, ...globalOptions, ...fields.options };
  const scanned = scanArguments(args, { positionals: {}, options: known, command });
  refusePositionals([...scanned.positional, ...scanned.afterDashes], fields, command);
  const globals = mergeGlobals(context.globals, optionValues(scanned, left(globalOptions, fields)));
  const inner = { ...context, globals };
  const { given } = scanned;
  const input = await readDynamicInput(inner, { contract, method, fields, given, command });
  const invocation = { contract, method: method.name, input, metadata: {} };
  return { context: inner, invocation, own: optionValues(scanned, left(options, fields)) };
}

/** Those options that no field has taken the name of. */
function left(options: OptionSpecs, fields: FieldFlags): OptionSpecs {
  const own = Object.entries(options).filter(([name]) => !Object.hasOwn(fields.options, name));
  return Object.fromEntries(own);
}

function refusePositionals(words: readonly string[], fields: FieldFlags, command: string): void {
  const [word] = words;
  if (word === undefined) return;
  const [field = "field"] = Object.keys(fields.options);
  const flag = word.startsWith("{") ? jsonInputFlag : field;
  throw usageError(
    `Unexpected word ${JSON.stringify(word)}: fields are given as flags, --${flag}=${shellWord(word)}`,
    { tryNext: `${command} --help` },
  );
}
