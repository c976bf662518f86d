/**
 * Flags of a method to its input, as JSON: each word typed by the shape of its field, everything missing named at once.
 */
import type { ObjectShape, Shape } from "../contract/shape.ts";
import { didYouMean } from "../core/suggest.ts";
import type { Scanned } from "./arguments.ts";
import { usageError } from "./failure.ts";
import type { Definitions, FieldFlag, FieldFlags } from "./field-flags.ts";
import { flagName, unwrap } from "./field-flags.ts";

export interface FieldInput {
  readonly message: ObjectShape;
  readonly fields: FieldFlags;
  readonly given: Scanned["given"];
  /** What flags are laid over. */
  readonly base: { readonly [name: string]: unknown };
  /** `reef greeter hello`, for messages that name the help. */
  readonly command: string;
}

/**
 * The input as a JSON value.
 * @throws {ReefError} usage: a word that is not of its field's type, fields that are missing
 */
export function inputFromFlags({ message, fields, given, base, command }: FieldInput): object {
  const input: Tree = copyTree(base);
  for (const [name, raw] of given) {
    const flag = fields.flags.get(name);
    if (flag) setAt(input, flag.path, flagValue(name, flag, raw));
  }
  const missing = fillAndFindMissing(message, input, [], message.definitions ?? {});
  if (missing.length > 0) {
    const names = missing.map((path) => `--${flagName(path)}`).join(", ");
    throw usageError(`Missing ${names}`, { tryNext: `${command} --help` });
  }
  return input;
}

/** Keys are data of a contract: without a prototype `__proto__` is a key like any other. */
type Tree = { [name: string]: unknown };

function copyTree(from: object): Tree {
  return Object.assign(Object.create(null), from);
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) tree[name] = value;
  else {
    const inner = tree[name];
    const branch = copyTree(isTree(inner) ? inner : {});
    tree[name] = branch;
    setAt(branch, rest, value);
  }
}

function flagValue(name: string, flag: FieldFlag, raw: readonly (string | boolean)[]): unknown {
  const { form, shape, isNullable } = flag;
  if (form === "list") return raw.map((each) => wordValue(name, shape, each));
  if (form === "map") return mapValue(name, shape, raw);
  if (raw.length > 1 && shape.kind !== "boolean") {
    const rule = form === "json" ? `give all of it as one JSON text` : "it is no list";
    throw usageError(`Flag --${name} may be given once: ${rule}`);
  }
  const last = raw.at(-1) ?? "";
  if (isNullable && last === "null" && shape.kind !== "string") return null;
  return form === "json" ? jsonValue(`flag --${name}`, String(last)) : wordValue(name, shape, last);
}

function mapValue(name: string, shape: Shape, raw: readonly (string | boolean)[]): Tree {
  const map = copyTree({});
  for (const text of raw.map(String)) {
    const at = text.indexOf("=");
    if (at < 0) throw badWord(name, "must be KEY=VALUE", text);
    map[text.slice(0, at)] = wordValue(name, shape, text.slice(at + 1));
  }
  return map;
}

/** @throws {ReefError} usage */
export function jsonValue(place: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const rule = error instanceof Error ? error.message : String(error);
    throw usageError(`Cannot read ${place}: it is not JSON, ${rule}`);
  }
}

/** One word by the shape of its field. Limits, such as a maximum, are for the service to check. */
function wordValue(name: string, shape: Shape, raw: string | boolean): unknown {
  const text = String(raw);
  switch (shape.kind) {
    case "boolean":
      if (text === "true" || text === "false") return text === "true";
      throw badWord(name, "must be true or false", text);
    case "int32":
    case "uint32":
    case "integer":
      if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
      throw badWord(name, "must be a whole number", text);
    case "int64":
    case "uint64":
      if (/^[+-]?\d+$/.test(text)) return text.replace("+", "");
      throw badWord(name, "must be a whole number", text);
    case "float":
    case "double":
      if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
      throw badWord(name, "must be a number", text);
    case "enum": {
      if (shape.values.includes(text)) return text;
      const hint = didYouMean(text, shape.values);
      throw badWord(name, `must be one of ${shape.values.join(", ")}`, text, hint);
    }
    case "timestamp":
      if (!Number.isNaN(Date.parse(text))) return new Date(text).toISOString();
      throw badWord(name, "must be a time such as 2026-05-01T12:00:00Z", text);
    default:
      return text;
  }
}

function badWord(name: string, rule: string, text: string, hint = "") {
  return usageError(`Flag --${name} ${rule}, got ${JSON.stringify(text)}${hint}`);
}

/**
 * Sets what a command line has no word for, the empty list, map and object, and returns the paths of every field that
 * must be there and is not.
 */
function fillAndFindMissing(
  { fields }: ObjectShape,
  input: Tree,
  path: readonly string[],
  definitions: Definitions,
): (readonly string[])[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const here = [...path, name];
    const isOptional = field.optional === true || "default" in field;
    if (isOptional && input[name] === undefined) return [];
    const shape = unwrap(field.shape, definitions);
    if (input[name] === undefined) {
      if (shape.kind === "map") input[name] = {};
      else if (shape.kind === "list" && !shape.minItems) input[name] = [];
      else if (shape.kind === "object" && field.shape.kind !== "nullable")
        input[name] = copyTree({});
      else return [here];
    }
    const value = input[name];
    if (shape.kind !== "object" || !isTree(value)) return [];
    return fillAndFindMissing(shape, value, here, definitions);
  });
}
