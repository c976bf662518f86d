/**
 * Words of a command line to typed values. `parseArgs` of Node finds the words; the rules and their messages are here,
 * because they must name the flag, the rule and the value, and propose what was meant.
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import type {
  DurationOption,
  OptionSpec,
  OptionSpecs,
  PairsOption,
  PositionalSpecs,
} from "./command.ts";
import { durationRule, parseDuration } from "./duration.ts";
import { usageError } from "./failure.ts";
import { didYouMean } from "../core/suggest.ts";

/** What was typed, by name. Absent options without a default are undefined. */
export type Values = { readonly [name: string]: unknown };

export interface Grammar {
  readonly positionals: PositionalSpecs;
  readonly options: OptionSpecs;
  /** `reef run`, for messages that name the help. */
  readonly command: string;
}

/**
 * The values of `args` by the grammar.
 * @throws {ReefError} usage: an unknown flag, a value that breaks its rule, a word too few or too many
 */
export function parseArguments(args: readonly string[], grammar: Grammar): Values {
  const specs = Object.entries(grammar.positionals);
  const end = specs.findIndex(([, spec]) => spec.untouched);
  const [untouched] = specs.splice(end, end < 0 ? 0 : 1);
  const cut = untouched ? indexBehind(args, { words: end, options: grammar.options }) : args.length;
  const scanned = scanArguments(args.slice(0, cut), grammar);
  const positionals = Object.fromEntries(specs);
  return {
    ...optionValues(scanned, grammar.options),
    ...positionalValues(scanned, { ...grammar, positionals }),
    ...(untouched && { [untouched[0]]: args.slice(cut) }),
  };
}

/** Where the arguments begin that follow so many words. */
function indexBehind(
  args: readonly string[],
  { words, options }: { words: number; options: OptionSpecs },
): number {
  let index = 0;
  for (let word = 0; word < words; word++) {
    index += commandIndex(args.slice(index), options) + 1;
  }
  return index;
}

/** A flag as it was typed, with its value still text; flags without one are `true` or, with `--no-`, `false`. */
export type RawValue = string | boolean;

export interface Scanned {
  readonly positional: readonly string[];
  readonly afterDashes: readonly string[];
  readonly given: ReadonlyMap<string, readonly RawValue[]>;
}

/**
 * The words sorted into flags and positionals, every flag known and with a value exactly where it takes one.
 * @throws {ReefError} usage
 */
export function scanArguments(args: readonly string[], grammar: Grammar): Scanned {
  const positional: string[] = [];
  const afterDashes: string[] = [];
  const given = new Map<string, RawValue[]>();
  let dashesSeen = false;
  for (const token of tokens(args, grammar.options)) {
    if (token.kind === "option-terminator") dashesSeen = true;
    else if (token.kind === "positional") (dashesSeen ? afterDashes : positional).push(token.value);
    else {
      const { name, negated } = findOption(token.rawName, token.name, grammar);
      const spec = grammar.options[name];
      assert(spec, "findOption() returns declared names");
      const value = rawValue(token, spec, negated, grammar);
      given.set(name, [...(given.get(name) ?? []), value]);
    }
  }
  return { positional, afterDashes, given };
}

/**
 * The values of `options`, whichever other flags were scanned with them.
 * @throws {ReefError} usage: a value that breaks its rule
 */
export function optionValues({ given }: Scanned, options: OptionSpecs): Values {
  const entries = Object.entries(options).map(([name, spec]) => {
    return [name, optionValue(name, spec, given.get(name) ?? [])] as const;
  });
  return Object.fromEntries(entries);
}

/** Where the command is: the index of the first word that is neither a global flag nor the value of one. */
export function commandIndex(args: readonly string[], globals: OptionSpecs): number {
  const first = tokens(args, globals).find((token) => token.kind !== "option");
  return first?.kind === "positional" ? first.index : args.length;
}

type Token = ReturnType<typeof tokens>[number];

function tokens(args: readonly string[], options: OptionSpecs) {
  const config = Object.entries(options).map(([name, spec]) => {
    const type = spec.type === "flag" ? ("boolean" as const) : ("string" as const);
    return [name, spec.short === undefined ? { type } : { type, short: spec.short }] as const;
  });
  // Not strict: parseArgs would stop at the first fault with a text that knows no suggestion. Nor `allowNegative`,
  // which takes a declared `no-reply` for the negation of `reply`.
  return parseArgs({
    args: [...args],
    options: Object.fromEntries(config),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

function findOption(rawName: string, name: string, { options, command }: Grammar) {
  if (Object.hasOwn(options, name)) return { name, negated: false };
  const positive = rawName.startsWith("--no-") ? name.slice("no-".length) : "";
  if (Object.hasOwn(options, positive) && options[positive]?.type === "flag") {
    return { name: positive, negated: true };
  }
  const hint = didYouMean(name, Object.keys(options)).replace('"', '"--');
  throw usageError(`Unknown flag ${rawName}${hint}`, { tryNext: `${command} --help` });
}

function rawValue(
  token: Extract<Token, { kind: "option" }>,
  spec: OptionSpec,
  negated: boolean,
  { command }: Grammar,
): RawValue {
  const { rawName, value, inlineValue } = token;
  const tryNext = `${command} --help`;
  if (spec.type === "flag") {
    if (value === undefined) return !negated;
    if (!negated && (value === "true" || value === "false")) return value === "true";
    throw usageError(`Flag ${rawName} takes no value, got "${value}"`, { tryNext });
  }
  if (value === undefined) {
    throw usageError(`Flag ${rawName} needs a value: ${rawName} ${spec.placeholder}`, { tryNext });
  }
  // `--name --json` is a forgotten value far more often than a value with two dashes; `-5` is a number.
  if (!inlineValue && /^-(?![\d.])./.test(value)) {
    const meant = `write ${rawName}=${value} if that is the value`;
    throw usageError(`Flag ${rawName} needs a value, got the flag ${value}; ${meant}`, { tryNext });
  }
  return value;
}

function optionValue(name: string, spec: OptionSpec, raw: readonly RawValue[]): unknown {
  if (spec.type === "flag") return raw.at(-1) ?? false;
  // Only flags are scanned as booleans.
  const texts = raw as readonly string[];
  if (spec.type === "pairs") return pairs(name, spec, texts);
  if (spec.type === "text" && spec.list) return texts;
  if (texts.length > 1) {
    throw usageError(`Flag --${name} may be given once, got ${texts.map(quote).join(" and ")}`);
  }
  const text = texts[0];
  if (text === undefined) return spec.default;
  if (spec.type === "integer") return integer(name, spec, text);
  if (spec.type === "duration") return duration(name, spec, text);
  return text;
}

function pairs(
  name: string,
  { bare }: PairsOption,
  texts: readonly string[],
): { readonly [key: string]: string | undefined } {
  const record: Record<string, string | undefined> = Object.create(null);
  const forms = bare ? "KEY or KEY=VALUE" : "KEY=VALUE";
  for (const text of texts) {
    const at = text.indexOf("=");
    if (bare && at < 0 && text !== "") record[text] = undefined;
    else if (at < 1) throw usageError(`Flag --${name} must be ${forms}, got ${quote(text)}`);
    else record[text.slice(0, at)] = text.slice(at + 1);
  }
  return record;
}

function integer(name: string, spec: { minimum: number; maximum: number }, text: string): number {
  const value = Number(text);
  const isWhole = /^[+-]?\d+$/.test(text);
  if (isWhole && value >= spec.minimum && value <= spec.maximum) return value;
  const rule = `must be a whole number from ${spec.minimum} to ${spec.maximum}`;
  throw usageError(`Flag --${name} ${rule}, got ${quote(text)}`);
}

function duration(name: string, spec: DurationOption, text: string): number {
  const ms = parseDuration(text, spec.maximum);
  if (ms !== undefined && ms >= (spec.minimum ?? 0)) return ms;
  throw usageError(`Flag --${name} ${durationRule(spec)}, got ${quote(text)}`);
}

function positionalValues(
  { positional, afterDashes }: Scanned,
  { positionals, command }: Grammar,
): Values {
  const values: Record<string, unknown> = {};
  const missing: string[] = [];
  const tryNext = `${command} --help`;
  const specs = Object.entries(positionals);
  // Where nobody wants them apart, `--` only says that no flags follow.
  const takesRest = specs.some(([, spec]) => spec.afterDashes);
  const left = takesRest ? [...positional] : [...positional, ...afterDashes];
  for (const [name, spec] of specs) {
    if (spec.afterDashes) values[name] = afterDashes;
    else if (spec.list) values[name] = left.splice(0);
    else {
      values[name] = left.shift();
      if (values[name] === undefined && !spec.optional) missing.push(name.toUpperCase());
    }
  }
  if (missing.length > 0) throw usageError(`Missing ${missing.join(" and ")}`, { tryNext });
  if (left.length > 0) {
    const more = left.length > 1 ? "Unexpected words" : "Unexpected word";
    throw usageError(`${more} ${left.map(quote).join(" ")}`, { tryNext });
  }
  return values;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
