/** The shape of any schema: our own carries it, of others it is read off their JSON Schema. */
import { ReefError } from "../core/errors.ts";
import { canonicalJson } from "./digest.ts";
import { checkMessageShape } from "./check-message-shape.ts";
import { shapeFromJsonSchema } from "./from-json-schema.ts";
import type { ObjectShape, Shape } from "./shape.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { isRecord } from "./shape-check.ts";
import { isType, withDefinitions } from "./type.ts";
import { joinPath } from "./violations.ts";

/**
 * The shape that travels: of an input what the sender writes, of an output what the reader gets.
 * @throws {ReefError} `invalid_argument` when the schema cannot be represented; `place` says where it stands
 */
export function messageShapeOf(
  schema: StandardSchema,
  side: "input" | "output",
  place: string,
): ObjectShape {
  const shape = shapeOf(schema, side, place);
  const problem = checkMessageShape(shape);
  if (problem !== undefined) throw refusal(place, problem);
  // The check refuses everything else.
  return shape as ObjectShape;
}

function shapeOf(schema: StandardSchema, side: "input" | "output", place: string): Shape {
  if (isType(schema)) return withDefinitions(schema.shape, schema.definitions);
  const input = foreignShape(schema, "input", place);
  if (side === "input") return input;
  const output = foreignShape(schema, "output", place);
  if (canonicalJson(withoutPresence(input)) !== canonicalJson(withoutPresence(output))) {
    throw refusal(
      place,
      "it transforms its values, and an output is sent as the handler returns it; " +
        "describe what is sent and transform in the handler",
    );
  }
  const missing = silentDefault(input, output);
  if (missing === undefined) return output;
  throw refusal(
    place,
    `at ${missing}: its default is not in the JSON Schema, so nobody else could set it; set it in the handler`,
  );
}

/** The path of a field that is optional for the sender and certain for the reader, by a default that is not told. */
function silentDefault(input: unknown, output: unknown, path = ""): string | undefined {
  if (!isRecord(input) || !isRecord(output)) return undefined;
  if (input["optional"] === true && "shape" in output && !("optional" in output)) return path;
  for (const [key, item] of Object.entries(output)) {
    const next = structureKeys.has(key) ? path : joinPath(path, key);
    const found = silentDefault(input[key], item, next);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Keys of a shape that are no names of an author. */
const structureKeys: ReadonlySet<string> = new Set([
  "fields",
  "shape",
  "items",
  "values",
  "inner",
  "variants",
  "definitions",
]);

function foreignShape(schema: StandardSchema, side: "input" | "output", place: string): Shape {
  const { vendor, jsonSchema } = schema["~standard"];
  if (!jsonSchema) {
    const advice =
      vendor === "valibot"
        ? "wrap it: toStandardJsonSchema(schema) of @valibot/to-json-schema"
        : "use a version of the library that implements it, or t";
    throw refusal(place, `${vendor} gives it no JSON Schema ("~standard".jsonSchema); ${advice}`);
  }
  try {
    const options = vendor === "arktype" ? { ...target, libraryOptions: arktypeOptions } : target;
    return shapeFromJsonSchema(jsonSchema[side](options));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refusal(place, reason, error);
  }
}

const target = { target: "draft-2020-12" } as const;

/** ArkType would quietly say "anything" of what JSON Schema lacks, and a Date would be lost on the way. */
const arktypeOptions = {
  fallback: ({ code, base }: { readonly code: string; readonly base: unknown }): unknown => {
    if (code === "predicate" || code === "patternIntersection") return base;
    throw new ReefError(
      "invalid_argument",
      `ArkType cannot say "${code}" in JSON Schema; send a string or use t`,
    );
  },
};

/** Only what the two sides of a schema differ in when it sets defaults but transforms nothing. */
function withoutPresence(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutPresence);
  const isField = "shape" in value && Object.keys(value).every((key) => fieldKeys.has(key));
  const entries = isField ? [["shape", value.shape]] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutPresence(item)]));
}

const fieldKeys: ReadonlySet<string> = new Set(["shape", "optional", "default"]);

function refusal(place: string, rule: string, cause?: unknown): ReefError {
  return new ReefError("invalid_argument", `Cannot use the schema of ${place}: ${rule}`, { cause });
}
