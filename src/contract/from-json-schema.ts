/**
 * A shape from JSON Schema, the way that other schema libraries say what they are. What the closed list of kinds cannot
 * say is refused with its path; what only narrows a value (formats, bounds of strings) is left to the library, which
 * validates every message itself.
 */
import { depthMax, type Field, type ObjectShape, type Shape } from "./shape.ts";
import { isRecord } from "./shape-check.ts";
import { joinPath } from "./violations.ts";

/** @throws {Error} whose text names the path and what to write instead */
export function shapeFromJsonSchema(schema: unknown): Shape {
  const reader = new JsonSchemaReader(schema);
  return reader.message();
}

type Schema = Record<string, unknown>;

class JsonSchemaReader {
  readonly #root: Schema;
  /** Shapes that refs name, by the pointer; undefined while one is being read. */
  readonly #definitions = new Map<string, { readonly name: string; shape: Shape | undefined }>();

  constructor(root: unknown) {
    if (!isRecord(root)) throw refusal("", "its JSON Schema is not an object");
    this.#root = root;
  }

  message(): Shape {
    const shape = this.#resolved(this.#shape(this.#root, "", 1));
    if (shape.kind !== "object" || this.#definitions.size === 0) return shape;
    const definitions = [...this.#definitions.values()].flatMap(({ name, shape: definition }) => {
      return definition ? [[name, definition] as const] : [];
    });
    return { ...shape, definitions: Object.fromEntries(definitions) };
  }

  /** A message must be an object itself, not a reference to one. */
  #resolved(shape: Shape): Shape {
    if (shape.kind !== "ref") return shape;
    const found = [...this.#definitions.values()].find(({ name }) => name === shape.to)?.shape;
    return found ?? shape;
  }

  #shape(schema: unknown, path: string, depth: number): Shape {
    if (schema === true) return { kind: "json" };
    if (!isRecord(schema)) throw refusal(path, "nothing is allowed here; leave the field out");
    if (depth > depthMax) throw refusal(path, `it is nested deeper than ${depthMax} levels`);
    const shape = this.#kind(schema, path, depth);
    const { description } = schema;
    return typeof description === "string" ? { ...shape, description } : shape;
  }

  #kind(schema: Schema, path: string, depth: number): Shape {
    if (typeof schema["$ref"] === "string") return this.#ref(schema["$ref"], path);
    if ("const" in schema) return this.#constants([schema["const"]], path);
    if (Array.isArray(schema["enum"])) return this.#constants(schema["enum"], path);
    const union = schema["anyOf"] ?? schema["oneOf"];
    if (Array.isArray(union)) return this.#union(union, path, depth);
    if (Array.isArray(schema["allOf"])) return this.#all(schema, schema["allOf"], path, depth);
    const { type } = schema;
    if (Array.isArray(type)) {
      const branches = type.map((each) => ({ ...schema, type: each as unknown }));
      return this.#union(branches, path, depth);
    }
    return this.#typed(schema, path, depth);
  }

  #typed(schema: Schema, path: string, depth: number): Shape {
    switch (schema["type"]) {
      case "string":
        return { kind: "string" };
      case "boolean":
        return { kind: "boolean" };
      case "integer":
        return { kind: "integer", ...bounds(schema) };
      case "number":
        return { kind: "double", ...bounds(schema) };
      case "array":
        return this.#list(schema, path, depth);
      case "object":
        return this.#object(schema, path, depth);
      case "null":
        throw refusal(path, "it is always null; leave the field out");
      case undefined:
        if ("properties" in schema) return this.#object(schema, path, depth);
        if (Object.keys(schema).every((key) => annotations.has(key))) return { kind: "json" };
        throw refusal(path, `it has no type, only ${Object.keys(schema).join(", ")}; give it one`);
      default:
        throw refusal(path, `the type ${JSON.stringify(schema["type"])} is not known`);
    }
  }

  #ref(pointer: string, path: string): Shape {
    const known = this.#definitions.get(pointer);
    if (known) return { kind: "ref", to: known.name };
    const target = this.#at(pointer, path);
    const name = this.#nameOf(pointer);
    const definition: { name: string; shape: Shape | undefined } = { name, shape: undefined };
    this.#definitions.set(pointer, definition);
    // A definition is a place of its own: its depth starts again.
    definition.shape = this.#shape(target, path, 2);
    return { kind: "ref", to: name };
  }

  /**
   * The name that an author gave it, else a number by order of appearance: names that libraries make up differ from one
   * process to the next, and with them the digest would.
   */
  #nameOf(pointer: string): string {
    const word = pointer.split("/").at(-1) ?? "";
    const taken = new Set([...this.#definitions.values()].map(({ name }) => name));
    if (/^[A-Za-z]+$/u.test(word) && !taken.has(word)) return word;
    return `Type${taken.size + 1}`;
  }

  #at(pointer: string, path: string): unknown {
    if (!/^#(?:\/|$)/u.test(pointer)) {
      throw refusal(path, `the reference ${pointer} leads outside; define it in the same schema`);
    }
    let place: unknown = this.#root;
    for (const segment of pointer.split("/").slice(1)) {
      const key = decodeURIComponent(segment).replaceAll("~1", "/").replaceAll("~0", "~");
      place = isRecord(place) && Object.hasOwn(place, key) ? place[key] : undefined;
    }
    if (place === undefined) throw refusal(path, `the reference ${pointer} leads nowhere`);
    return place;
  }

  /** An enum of strings, one boolean, or whole numbers; null makes it nullable. */
  #constants(values: readonly unknown[], path: string): Shape {
    const present = values.filter((value) => value !== null);
    const shape = this.#constantKind(present, path);
    return present.length < values.length ? { kind: "nullable", inner: shape } : shape;
  }

  #constantKind(values: readonly unknown[], path: string): Shape {
    const strings = values.filter((value) => typeof value === "string");
    if (values.length > 0 && strings.length === values.length) {
      return { kind: "enum", values: [...new Set(strings)] };
    }
    if (values.length > 0 && values.every((value) => typeof value === "boolean")) {
      return { kind: "boolean" };
    }
    if (values.length > 0 && values.every((value) => Number.isSafeInteger(value))) {
      return { kind: "integer" };
    }
    throw refusal(path, "its constants are of several types; use strings");
  }

  #union(branches: readonly unknown[], path: string, depth: number): Shape {
    const present = branches.filter((branch) => !isNull(branch));
    const shape = this.#branches(present, path, depth);
    if (present.length === branches.length || shape.kind === "nullable") return shape;
    return { kind: "nullable", inner: shape };
  }

  #branches(branches: readonly unknown[], path: string, depth: number): Shape {
    const [only] = branches;
    if (branches.length === 1) return this.#shape(only, path, depth);
    const constants = branches.flatMap(constantsOf);
    if (branches.every((branch) => constantsOf(branch).length > 0)) {
      return this.#constants(constants, path);
    }
    const variants = branches.map(variantOf);
    const names = new Set(variants.map((variant) => variant?.name));
    if (names.has(undefined) || names.size < branches.length || branches.length === 0) {
      throw refusal(
        path,
        "a union of types is not a kind of message; use an object with one key for each variant, " +
          "{ card: {...} } or { cash: {...} }, or optional fields",
      );
    }
    const shapes = variants.flatMap((variant) => {
      if (!variant) return [];
      const { name, schema } = variant;
      return [[name, this.#shape(schema, joinPath(path, name), depth + 1)] as const];
    });
    return { kind: "oneof", variants: Object.fromEntries(shapes) };
  }

  /** An intersection of objects is one object; a wrapper around one schema is that schema. */
  #all(schema: Schema, parts: readonly unknown[], path: string, depth: number): Shape {
    const own = "properties" in schema || "type" in schema ? [{ ...schema, allOf: undefined }] : [];
    const shapes = [...own, ...parts.filter((part) => !isNarrowing(part))].map((part) => {
      return this.#resolved(this.#shape(part, path, depth));
    });
    const [first] = shapes;
    if (shapes.length === 1 && first) return first;
    const objects = shapes.filter((shape): shape is ObjectShape => shape.kind === "object");
    const fields = objects.flatMap((shape) => Object.entries(shape.fields));
    const names = new Set(fields.map(([name]) => name));
    if (objects.length < shapes.length || names.size < fields.length) {
      throw refusal(
        path,
        "an intersection is only of objects with different fields; write it as one object",
      );
    }
    return { kind: "object", fields: Object.fromEntries(fields) };
  }

  #list(schema: Schema, path: string, depth: number): Shape {
    if ("prefixItems" in schema || Array.isArray(schema["items"])) {
      throw refusal(
        path,
        "a tuple is not a kind of message; use an object with a field for each item",
      );
    }
    const items = this.#shape(schema["items"] ?? true, `${path}[]`, depth + 1);
    const { minItems, maxItems } = schema;
    return {
      kind: "list",
      items,
      ...(typeof minItems === "number" && { minItems }),
      ...(typeof maxItems === "number" && { maxItems }),
    };
  }

  #object(schema: Schema, path: string, depth: number): Shape {
    const { properties, additionalProperties, patternProperties } = schema;
    if (patternProperties !== undefined) {
      throw refusal(path, "keys by pattern are not a kind of message; use a map with any keys");
    }
    if (isRecord(properties) && Object.keys(properties).length > 0) {
      if (isRecord(additionalProperties) && Object.keys(additionalProperties).length > 0) {
        throw refusal(path, "an object has fields or is a map, not both; put the map into a field");
      }
      return this.#fields(properties, schema["required"], path, depth);
    }
    if (additionalProperties === undefined || additionalProperties === false) {
      // An object that says nothing about its keys in any way is free data, one that names its fields has none.
      const free = properties === undefined && additionalProperties === undefined;
      return free ? { kind: "map", values: { kind: "json" } } : { kind: "object", fields: {} };
    }
    const values = this.#shape(additionalProperties, joinPath(path, "*"), depth + 1);
    return { kind: "map", values };
  }

  #fields(properties: Schema, required: unknown, path: string, depth: number): ObjectShape {
    const names = Array.isArray(required) ? required : [];
    const fields = Object.entries(properties).map(([name, property]): [string, Field] => {
      const shape = this.#shape(property, joinPath(path, name), depth + 1);
      const value = isRecord(property) ? property["default"] : undefined;
      if (value !== undefined) return [name, { shape, default: value }];
      return [name, { shape, ...(!names.includes(name) && { optional: true as const }) }];
    });
    return { kind: "object", fields: Object.fromEntries(fields) };
  }
}

/** Keys that say nothing about the value. */
const annotations: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "$defs",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

function bounds({ minimum, maximum }: Schema): { minimum?: number; maximum?: number } {
  return {
    ...(typeof minimum === "number" && { minimum }),
    ...(typeof maximum === "number" && { maximum }),
  };
}

function isNull(schema: unknown): boolean {
  return isRecord(schema) && (schema["type"] === "null" || schema["const"] === null);
}

/** Says nothing of the kind, only which values of it are right. */
function isNarrowing(schema: unknown): boolean {
  return isRecord(schema) && !Object.keys(schema).some((key) => kindKeys.has(key));
}

const kindKeys: ReadonlySet<string> = new Set([
  "type",
  "properties",
  "const",
  "enum",
  "$ref",
  "anyOf",
  "oneOf",
  "allOf",
]);

/** The values of `const` and `enum`; none when the schema is something else. */
function constantsOf(schema: unknown): readonly unknown[] {
  if (!isRecord(schema)) return [];
  if ("const" in schema) return [schema["const"]];
  return Array.isArray(schema["enum"]) ? schema["enum"] : [];
}

/** A branch of a oneof: an object with one required key, which no constant tells apart. */
function variantOf(schema: unknown): { name: string; schema: unknown } | undefined {
  if (!isRecord(schema) || !isRecord(schema["properties"])) return undefined;
  const [entry, ...more] = Object.entries(schema["properties"]);
  const { required } = schema;
  if (!entry || more.length > 0 || !Array.isArray(required) || required[0] !== entry[0])
    return undefined;
  return { name: entry[0], schema: entry[1] };
}

function refusal(path: string, rule: string): Error {
  return new Error(path === "" ? rule : `at ${path}: ${rule}`);
}
