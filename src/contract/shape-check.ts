/**
 * Validation read off the shape: the reference that names every violation with its path. It is the slow half: messages
 * are first tried by the generated check of `code-check.ts`, and only those that fail come here.
 *
 * It judges values as handlers see them: bytes are a Uint8Array, int64 is a bigint, timestamp is a Date.
 */
import {
  depthMax,
  type Field,
  type ListShape,
  type MapShape,
  type NumberShape,
  type ObjectShape,
  type ScalarShape,
  type Shape,
} from "./shape.ts";
import { violationsMax } from "./violations.ts";
import { wellKnownProblem, wellKnownWords } from "./well-known-json.ts";

/** The shapes that a `ref` may name. */
export type Definitions = { readonly [name: string]: Shape };

/** One thing that is wrong, with its place as keys and indexes. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface CheckOptions {
  /** Whether a double may be NaN or infinite. @default as it is in messages from `.proto`, and only there */
  readonly nonFinite?: boolean;
  /** Whether the forms that proto3 JSON has for some messages must be able to say it. @default false */
  readonly asJson?: boolean;
}

/** Whether the message is from a `.proto`: the outermost object says so for all that is inside of it. */
export function isProtoMessage(shape: Shape): boolean {
  return shape.kind === "object" && shape.protoName !== undefined;
}

/** What is wrong with the value, at most `violationsMax` of it; empty when it is valid. */
export function checkShape(
  shape: Shape,
  value: unknown,
  definitions: Definitions = {},
  { nonFinite = isProtoMessage(shape), asJson = false }: CheckOptions = {},
): readonly Problem[] {
  const check = new Check(definitions, nonFinite, asJson);
  check.value(shape, value);
  return check.problems;
}

class Check {
  readonly problems: Problem[] = [];
  readonly #definitions: Definitions;
  readonly #nonFinite: boolean;
  readonly #asJson: boolean;
  /** Where the check is now; its length is the depth. */
  readonly #path: (string | number)[] = [];

  constructor(definitions: Definitions, nonFinite: boolean, asJson: boolean) {
    this.#definitions = definitions;
    this.#nonFinite = nonFinite;
    this.#asJson = asJson;
  }

  value(shape: Shape, value: unknown): void {
    switch (shape.kind) {
      case "list":
        return this.#list(shape, value);
      case "map":
        return this.#map(shape, value);
      case "object":
        return this.#object(shape, value);
      case "oneof":
        return this.#oneof(shape.variants, value);
      case "nullable":
        return value === null ? undefined : this.value(shape.inner, value);
      case "wrapper":
        return this.value(shape.inner, value);
      case "ref": {
        const target = this.#definitions[shape.to];
        return target ? this.value(target, value) : undefined;
      }
      case "json":
        if (shape.as === "struct" && !isRecord(value)) return this.#type("an object", value);
        if (shape.as === "list" && !Array.isArray(value)) return this.#type("a list", value);
        return this.#json(value);
      default: {
        const problem = scalarProblem(shape, value, this.#nonFinite);
        return problem === undefined ? undefined : this.#wrong(problem);
      }
    }
  }

  #inside(key: string | number, shape: Shape, value: unknown): void {
    if (this.problems.length >= violationsMax) return;
    this.#path.push(key);
    if (this.#path.length < depthMax || !isContainer(value)) this.value(shape, value);
    else this.#wrong(`is nested deeper than ${depthMax} levels`);
    this.#path.pop();
  }

  #list(shape: ListShape, value: unknown): void {
    if (!Array.isArray(value)) return this.#type("a list", value);
    const { minItems, maxItems } = shape;
    if (minItems !== undefined && value.length < minItems) {
      this.#wrong(`must have at least ${minItems} items, has ${value.length}`);
    }
    if (maxItems !== undefined && value.length > maxItems) {
      return this.#wrong(`must have at most ${maxItems} items, has ${value.length}`);
    }
    for (let index = 0; index < value.length; index++) {
      this.#inside(index, shape.items, value[index]);
    }
    return undefined;
  }

  #map({ keys, values }: MapShape, value: unknown): void {
    if (!isRecord(value)) return this.#type("an object", value);
    for (const key of Object.keys(value)) {
      if (isKeyOf(keys, key)) this.#inside(key, values, value[key]);
      else this.#wrong(`must have keys of the kind ${keys?.kind}, one is ${JSON.stringify(key)}`);
    }
    return undefined;
  }

  #object(shape: ObjectShape, value: unknown): void {
    const { wellKnown } = shape;
    if (!isRecord(value)) {
      return this.#type(wellKnown ? wellKnownWords[wellKnown] : "an object", value);
    }
    const problem = this.#asJson && wellKnown ? wellKnownProblem(wellKnown, value) : undefined;
    if (problem !== undefined) this.#wrong(problem);
    for (const [name, field] of Object.entries(shape.fields)) {
      const item = ownValue(value, name);
      if (item !== undefined || isRequired(field)) this.#inside(name, field.shape, item);
    }
    for (const group of Object.values(shape.oneofs ?? {})) {
      const present = group.filter((name) => ownValue(value, name) !== undefined);
      if (present.length < 2) continue;
      const names = group.map((name) => `"${name}"`).join(", ");
      this.#wrong(`must have at most one of ${names}, has ${present.length}`);
    }
    return undefined;
  }

  #oneof(variants: Definitions, value: unknown): void {
    const names = Object.keys(variants);
    const rule = `must have exactly one of ${names.map((name) => `"${name}"`).join(", ")}`;
    if (!isRecord(value)) return this.#type("an object", value);
    const present = names.filter((name) => ownValue(value, name) !== undefined);
    const name = present[0];
    const variant = name === undefined ? undefined : variants[name];
    if (name === undefined || variant === undefined || present.length > 1) {
      return this.#wrong(present.length > 1 ? `${rule}, has ${present.length}` : rule);
    }
    return this.#inside(name, variant, ownValue(value, name));
  }

  #json(value: unknown): void {
    if (value === null || typeof value === "string" || typeof value === "boolean") return;
    if (typeof value === "number" && Number.isFinite(value)) return;
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) this.#inside(index, anyJson, value[index]);
    } else if (isRecord(value)) {
      for (const key of Object.keys(value)) {
        if (value[key] !== undefined) this.#inside(key, anyJson, value[key]);
      }
    } else {
      this.#type("JSON data", value);
    }
  }

  #type(wanted: string, value: unknown): void {
    this.#wrong(value === undefined ? "is required" : wrongType(wanted, value));
  }

  #wrong(message: string): void {
    if (this.problems.length < violationsMax)
      this.problems.push({ path: [...this.#path], message });
  }
}

const anyJson: Shape = { kind: "json" };

/** A field that neither may be absent nor has a value for when it is. */
export function isRequired(field: Field): boolean {
  return field.optional !== true && field.default === undefined;
}

/** A property read that does not see what every object inherits: `constructor` is a field name like any other. */
export function ownValue(value: object, name: string): unknown {
  if (name in Object.prototype && !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** Whether it can have fields: not null, no list, and none of the classes that are scalars here. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Date)
  );
}

/** Whether it is a level of nesting. */
export function isContainer(value: unknown): boolean {
  return isRecord(value) || Array.isArray(value);
}

/** Whether a text is that of a key, which is the only one that the key has. */
export function isKeyOf(keys: Shape | undefined, key: string): boolean {
  if (keys === undefined || keys.kind === "string") return true;
  if (keys.kind === "boolean") return key === "true" || key === "false";
  if (!wholeNumber.test(key)) return false;
  const number = BigInt(key);
  if (keys.kind === "int32") return BigInt.asIntN(32, number) === number;
  if (keys.kind === "uint32") return BigInt.asUintN(32, number) === number;
  if (keys.kind === "uint64") return BigInt.asUintN(64, number) === number;
  return BigInt.asIntN(64, number) === number;
}

/** Twenty digits hold every number of 64 bits. */
const wholeNumber = /^(?:0|-?[1-9]\d{0,19})$/u;

/** What is wrong with a scalar; undefined when it is valid. */
function scalarProblem(shape: ScalarShape, value: unknown, nonFinite: boolean): string | undefined {
  if (value === undefined) return "is required";
  switch (shape.kind) {
    case "boolean":
      return typeof value === "boolean" ? undefined : wrongType("a boolean", value);
    case "enum":
      if (typeof value === "string" && shape.values.includes(value)) return undefined;
      if (shape.open && typeof value === "number" && (value | 0) === value) return undefined;
      return `must be one of ${shape.values.map((word) => `"${word}"`).join(", ")}`;
    case "timestamp":
      return value instanceof Date && isWritable(value)
        ? undefined
        : wrongType("a timestamp such as 2026-01-31T09:30:00.000Z", value);
    case "bytes":
      if (!(value instanceof Uint8Array)) return wrongType("bytes (base64 in JSON)", value);
      return shape.maxBytes !== undefined && value.length > shape.maxBytes
        ? `must have at most ${shape.maxBytes} bytes, has ${value.length}`
        : undefined;
    case "string":
      return stringProblem(shape, value);
    default:
      return numberProblem(shape, value, nonFinite);
  }
}

function stringProblem(
  shape: Extract<Shape, { kind: "string" }>,
  value: unknown,
): string | undefined {
  if (typeof value !== "string") return wrongType("a string", value);
  const { minLength, maxLength, pattern } = shape;
  if (minLength !== undefined && value.length < minLength) {
    return `must have at least ${minLength} characters, has ${value.length}`;
  }
  if (maxLength !== undefined && value.length > maxLength) {
    return `must have at most ${maxLength} characters, has ${value.length}`;
  }
  return pattern !== undefined && !new RegExp(pattern, "u").test(value)
    ? `must match the pattern ${pattern}`
    : undefined;
}

const numberWords = {
  int32: "a whole number of 32 bits",
  uint32: "a whole number of 32 bits without a sign",
  integer: "a whole number below 2^53",
  int64: "a whole number of 64 bits (a decimal string in JSON)",
  uint64: "a whole number of 64 bits without a sign (a decimal string in JSON)",
  float: "a number of 32 bits",
  double: "a finite number",
};

function numberProblem(shape: NumberShape, value: unknown, nonFinite: boolean): string | undefined {
  if (!isOfNumberKind(shape.kind, value)) {
    if (nonFinite && shape.kind === "double" && typeof value === "number") return undefined;
    return wrongType(numberWords[shape.kind], value);
  }
  const { minimum, maximum } = shape;
  if (minimum !== undefined && value < minimum) return `must be at least ${minimum}, is ${value}`;
  if (maximum !== undefined && value > maximum) return `must be at most ${maximum}, is ${value}`;
  return undefined;
}

function isOfNumberKind(kind: NumberShape["kind"], value: unknown): value is number | bigint {
  if (kind === "int64") return typeof value === "bigint" && BigInt.asIntN(64, value) === value;
  if (kind === "uint64") return typeof value === "bigint" && BigInt.asUintN(64, value) === value;
  if (kind === "int32") return typeof value === "number" && (value | 0) === value;
  if (kind === "uint32") return typeof value === "number" && value >>> 0 === value;
  if (kind === "float") return isFloat(value);
  return kind === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/** Whether 32 bits hold it, if not exactly: what is beyond them would become infinite. */
export function isFloat(value: unknown): value is number {
  if (typeof value !== "number") return false;
  return Number.isFinite(Math.fround(value)) || !Number.isFinite(value);
}

/** The years 1 to 9999, as protobuf has it: RFC 3339 has no more digits, and others could not be written. */
export function isWritable(date: Date): boolean {
  const time = date.getTime();
  return time >= -62_135_596_800_000 && time <= 253_402_300_799_999;
}

function wrongType(wanted: string, value: unknown): string {
  return `must be ${wanted}, is ${typeWord(value)}`;
}

/** The type in words, with the value of short scalars: enough to recognise it, never a whole document. */
function typeWord(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Date) return "a timestamp";
  if (typeof value === "string") return value.length <= 32 ? JSON.stringify(value) : "a string";
  if (typeof value === "object") return "an object";
  return typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : `a ${typeof value}`;
}
