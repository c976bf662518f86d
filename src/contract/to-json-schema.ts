/** JSON Schema 2020-12 from a shape: for OpenAPI, for tools of language models, and for other schema libraries. */
import { isRequired } from "./shape-check.ts";
import type { Field, ObjectShape, Shape } from "./shape.ts";

export interface ToJsonSchemaOptions {
  /** What a sender writes (fields with defaults are optional), or what a reader gets. @default "input" */
  readonly side?: "input" | "output";
}

export type JsonSchema = Record<string, unknown>;

export function toJsonSchema(shape: Shape, options: ToJsonSchemaOptions = {}): JsonSchema {
  const { side = "input" } = options;
  const schema: JsonSchema = { $schema: "https://json-schema.org/draft/2020-12/schema" };
  const target: Target = { side, refer: (name) => `#/$defs/${pointerSegment(name)}` };
  Object.assign(schema, convert(shape, target));
  if (shape.kind === "object" && shape.definitions) {
    schema["$defs"] = mapValues(shape.definitions, (definition) => convert(definition, target));
  }
  return schema;
}

/** A schema inside of a document that has the definitions of its shape somewhere: `refer` says where. */
export function schemaOf(shape: Shape, target: Target): JsonSchema {
  return convert(shape, target);
}

export interface Target {
  readonly side: Side;
  /** The reference to a definition. */
  refer(definition: string): string;
}

export type Side = "input" | "output";

function convert(shape: Shape, target: Target): JsonSchema {
  const schema = convertKind(shape, target);
  return shape.description === undefined ? schema : { ...schema, description: shape.description };
}

function convertKind(shape: Shape, target: Target): JsonSchema {
  switch (shape.kind) {
    case "string": {
      const { minLength, maxLength, pattern } = shape;
      return defined({ type: "string", minLength, maxLength, pattern });
    }
    case "int32":
      return {
        type: "integer",
        minimum: shape.minimum ?? -(2 ** 31),
        maximum: shape.maximum ?? 2 ** 31 - 1,
      };
    case "uint32":
      return {
        type: "integer",
        minimum: shape.minimum ?? 0,
        maximum: shape.maximum ?? 2 ** 32 - 1,
      };
    case "integer":
      return {
        type: "integer",
        minimum: shape.minimum ?? Number.MIN_SAFE_INTEGER,
        maximum: shape.maximum ?? Number.MAX_SAFE_INTEGER,
      };
    case "int64":
      return { type: "string", format: "int64", pattern: "^-?[0-9]{1,19}$" };
    case "uint64":
      return { type: "string", format: "uint64", pattern: "^[0-9]{1,20}$" };
    case "float":
    case "double":
      return defined({ type: "number", minimum: shape.minimum, maximum: shape.maximum });
    case "boolean":
      return { type: "boolean" };
    case "bytes":
      return { type: "string", contentEncoding: "base64" };
    case "timestamp":
      return { type: "string", format: "date-time" };
    case "enum":
      if (!shape.open) return { type: "string", enum: [...shape.values] };
      return { anyOf: [{ type: "string", enum: [...shape.values] }, { type: "integer" }] };
    case "list": {
      const { minItems, maxItems } = shape;
      return defined({ type: "array", items: convert(shape.items, target), minItems, maxItems });
    }
    case "map":
      return { type: "object", additionalProperties: convert(shape.values, target) };
    case "object":
      return convertObject(shape, target);
    case "oneof":
      return {
        oneOf: Object.entries(shape.variants).map(([name, variant]) => ({
          type: "object",
          properties: Object.fromEntries([[name, convert(variant, target)]]),
          required: [name],
        })),
      };
    case "nullable":
      return { anyOf: [convert(shape.inner, target), { type: "null" }] };
    case "wrapper":
      return convert(shape.inner, target);
    case "json":
      if (shape.as === undefined) return {};
      return { type: shape.as === "struct" ? "object" : "array" };
    case "ref":
      return { $ref: target.refer(shape.to) };
    default:
      return shape satisfies never;
  }
}

function convertObject(shape: ObjectShape, target: Target): JsonSchema {
  if (shape.wellKnown) return wellKnown[shape.wellKnown];
  const required = Object.entries(shape.fields)
    .filter(([, field]) => isRequired(field) || (target.side === "output" && isWritten(field)))
    .map(([name]) => name);
  const properties = mapValues(shape.fields, (field) => ({
    ...convert(field.shape, target),
    ...(field.default !== undefined && { default: field.default }),
  }));
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

/** Whether a default is always there for a reader; proto3 leaves out what is zero. */
function isWritten(field: Field): boolean {
  return field.default !== undefined && !field.implicit;
}

/** Messages with a JSON form of their own. https://protobuf.dev/programming-guides/json/ */
const wellKnown: { readonly [known in NonNullable<ObjectShape["wellKnown"]>]: JsonSchema } = {
  duration: { type: "string", pattern: "^-?[0-9]{1,12}(?:\\.[0-9]{1,9})?s$" },
  field_mask: { type: "string" },
  // An empty object is one without anything.
  any: { type: "object", properties: { "@type": { type: "string" } } },
};

/** Also right for a key `__proto__`. */
function mapValues<T>(record: { readonly [key: string]: T }, map: (value: T) => JsonSchema) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function defined(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}

function pointerSegment(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}
