/** The shape of any schema: our own carries it, of others it is read off their JSON Schema. */
import { ReefError } from "../core/errors.ts";
import type { Shape } from "./shape.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { Type, withDefinitions } from "./type.ts";

/** @throws {ReefError} `invalid_argument` when the schema cannot be represented; `place` says where it stands */
export function shapeOf(schema: StandardSchema, _side: "input" | "output", place: string): Shape {
  if (schema instanceof Type) return withDefinitions(schema.shape, schema.definitions);
  throw new ReefError("invalid_argument", `Cannot use the schema of ${place}: no JSON Schema`);
}
