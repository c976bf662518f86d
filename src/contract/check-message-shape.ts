/** Whether data is the shape of a message: it may come from a program that nobody here has written. */
import { isRecord, type Definitions } from "./shape-check.ts";
import { checkShape } from "./shape-check.ts";
import { readJson } from "./json-read.ts";
import { depthMax, type Shape } from "./shape.ts";
import {
  enumProblem,
  fieldProblem,
  mapKeysProblem,
  numbersProblem,
  oneofsProblem,
  wireProblem,
} from "./check-proto-shape.ts";
import { joinPath } from "./violations.ts";

/** Kinds in one message; far beyond what people write, and small enough to generate code for. */
const shapeSizeMax = 5_000;

/** What is wrong, with its place; undefined when it is the shape of a message. */
export function checkMessageShape(data: unknown): string | undefined {
  if (!isRecord(data)) return "it has no shape";
  if (data["kind"] !== "object") {
    return `a message is an object, this is a ${String(data["kind"])}; put it into a field of an object`;
  }
  try {
    new ShapeReader(data["definitions"]).message(data);
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  return undefined;
}

/** Ends the walk at the first problem; it never leaves this file. */
class Refusal extends Error {
  constructor(path: string, rule: string) {
    super(path === "" ? rule : `at ${path}: ${rule}`);
  }
}

class ShapeReader {
  readonly #definitions: { readonly [name: string]: unknown };
  #size = 0;
  #isProto = false;

  constructor(definitions: unknown = {}) {
    if (!isRecord(definitions)) throw new Refusal("", "its definitions are not an object");
    this.#definitions = definitions;
  }

  message(shape: Record<string, unknown>): void {
    this.#isProto = shape["protoName"] !== undefined;
    for (const [name, definition] of Object.entries(this.#definitions)) {
      this.#shape(definition, `definition "${name}"`, 2);
      this.#endsSomewhere(name);
    }
    this.#shape(shape, "", 1);
    // Only a complete shape can be used to check the defaults in it.
    for (const definition of Object.values(this.#definitions)) this.#defaults(definition as Shape);
    this.#defaults(shape as unknown as Shape);
  }

  #shape(shape: unknown, path: string, depth: number): void {
    if (!isRecord(shape)) throw new Refusal(path, "it is not a shape");
    if (depth > depthMax) throw new Refusal(path, `it is nested deeper than ${depthMax} levels`);
    if (++this.#size > shapeSizeMax) {
      throw new Refusal(path, `the message has more than ${shapeSizeMax} fields`);
    }
    const { kind, description } = shape;
    if (description !== undefined && typeof description !== "string") {
      throw new Refusal(path, "its description is not a string");
    }
    switch (kind) {
      case "boolean":
      case "timestamp":
        return;
      case "json":
        if ([undefined, "struct", "list"].includes(shape["as"] as string | undefined)) return;
        throw new Refusal(path, "as is struct or list, or absent");
      case "string":
        return this.#string(shape, path);
      case "int32":
      case "uint32":
      case "integer":
      case "int64":
      case "uint64":
      case "float":
      case "double":
        numbers(shape, path, ["minimum", "maximum"], Number.isFinite);
        return refuseIf(wireProblem(shape), path);
      case "bytes":
        return numbers(shape, path, ["maxBytes"], isCount);
      case "enum":
        enumValues(shape["values"], path);
        return refuseIf(enumProblem(shape), path);
      case "list":
        numbers(shape, path, ["minItems", "maxItems"], isCount);
        if (shape["packed"] !== undefined && shape["packed"] !== false) {
          throw new Refusal(path, "packed is false or absent");
        }
        return this.#shape(shape["items"], `${path}[]`, depth + 1);
      case "map":
        refuseIf(mapKeysProblem(shape["keys"]), path);
        return this.#shape(shape["values"], joinPath(path, "*"), depth + 1);
      case "nullable":
        return this.#nullable(shape["inner"], path, depth);
      case "wrapper":
        return this.#wrapper(shape["inner"], path, depth);
      case "object":
        return this.#object(shape, path, depth);
      case "oneof":
        this.#oneof(shape["variants"], path, depth);
        return refuseIf(numbersProblem(shape["variants"], shape["numbers"]), path);
      case "ref":
        return this.#ref(shape["to"], path);
      default:
        throw new Refusal(
          path,
          `the kind ${JSON.stringify(kind)} is not known; a newer reef may know it`,
        );
    }
  }

  #string(shape: Record<string, unknown>, path: string): void {
    numbers(shape, path, ["minLength", "maxLength"], isCount);
    const { pattern } = shape;
    if (pattern === undefined) return;
    if (typeof pattern !== "string" || pattern.length > patternLengthMax || !isPattern(pattern)) {
      throw new Refusal(path, `the pattern ${JSON.stringify(pattern)} is not a regular expression`);
    }
  }

  #nullable(inner: unknown, path: string, depth: number): void {
    if (isRecord(inner) && inner["kind"] === "nullable")
      throw new Refusal(path, "it is nullable twice");
    this.#shape(inner, path, depth);
  }

  #wrapper(inner: unknown, path: string, depth: number): void {
    this.#shape(inner, path, depth);
    if (!isRecord(inner) || !wrappedKinds.has(inner["kind"])) {
      throw new Refusal(path, "a wrapper is of a string, bytes, a boolean or a number");
    }
  }

  #object(shape: Record<string, unknown>, path: string, depth: number): void {
    if (depth > 1 && shape["definitions"] !== undefined) {
      throw new Refusal(path, "only the message itself has definitions");
    }
    if (!isRecord(shape["fields"])) throw new Refusal(path, "an object has fields");
    for (const [name, field] of Object.entries(shape["fields"])) {
      const place = joinPath(path, name);
      if (!isRecord(field)) throw new Refusal(place, "it is not a field");
      if (field["optional"] !== undefined && field["optional"] !== true) {
        throw new Refusal(place, "optional is true or absent");
      }
      refuseIf(fieldProblem(field), place);
      this.#shape(field["shape"], place, depth + 1);
    }
    refuseIf(oneofsProblem(shape), path);
  }

  #oneof(variants: unknown, path: string, depth: number): void {
    if (!isRecord(variants) || Object.keys(variants).length === 0) {
      throw new Refusal(path, "a oneof has variants");
    }
    for (const [name, variant] of Object.entries(variants)) {
      this.#shape(variant, joinPath(path, name), depth + 1);
    }
  }

  #ref(to: unknown, path: string): void {
    if (typeof to !== "string" || !Object.hasOwn(this.#definitions, to)) {
      throw new Refusal(path, `nothing is defined as ${JSON.stringify(to)}`);
    }
  }

  /** A definition that is only another name of itself would never be read to its end. */
  #endsSomewhere(name: string): void {
    const seen = new Set<unknown>();
    let shape: unknown = this.#definitions[name];
    while (isRecord(shape) && (shape["kind"] === "ref" || shape["kind"] === "nullable")) {
      if (seen.has(shape)) throw new Refusal(`definition "${name}"`, "it is defined by itself");
      seen.add(shape);
      shape = shape["kind"] === "ref" ? this.#definitions[String(shape["to"])] : shape["inner"];
    }
  }

  #defaults(shape: Shape): void {
    switch (shape.kind) {
      case "list":
        return this.#defaults(shape.items);
      case "map":
        return this.#defaults(shape.values);
      case "nullable":
        return this.#defaults(shape.inner);
      case "oneof":
        return Object.values(shape.variants).forEach((variant) => this.#defaults(variant));
      case "object":
        for (const [name, field] of Object.entries(shape.fields)) {
          this.#defaults(field.shape);
          if (field.default !== undefined) this.#default(name, field.shape, field.default);
        }
    }
  }

  #default(name: string, shape: Shape, value: unknown): void {
    // The definitions were all walked before.
    const definitions = this.#definitions as Definitions;
    const seen = readJson(shape, value, definitions, { isProto: this.#isProto });
    const problem = checkShape(shape, seen, definitions, { nonFinite: true })[0];
    if (problem) {
      throw new Refusal("", `the default ${JSON.stringify(value)} of "${name}" ${problem.message}`);
    }
  }
}

const wrappedKinds: ReadonlySet<unknown> = new Set([
  "string",
  "bytes",
  "boolean",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "float",
  "double",
]);

function refuseIf(problem: string | undefined, path: string): void {
  if (problem !== undefined) throw new Refusal(path, problem);
}

/** Longer ones are data, not a rule. */
const patternLengthMax = 1_000;

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    // What a pattern is, only the engine knows, and it says so by throwing.
    return false;
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function numbers(
  shape: Record<string, unknown>,
  path: string,
  names: readonly string[],
  isRight: (value: unknown) => boolean,
): void {
  for (const name of names) {
    if (shape[name] !== undefined && !isRight(shape[name])) {
      throw new Refusal(
        path,
        `${name} is not a number that fits, it is ${JSON.stringify(shape[name])}`,
      );
    }
  }
}

function enumValues(values: unknown, path: string): void {
  if (!Array.isArray(values) || values.length === 0) throw new Refusal(path, "an enum has values");
  if (!values.every((value) => typeof value === "string")) {
    throw new Refusal(path, "the values of an enum are strings");
  }
}
