/** A deep copy by the shape: what the wire would have delivered, without the wire. */
import { readJson } from "./json-read.ts";
import { toJsonValue } from "./json-write.ts";
import type { Definitions } from "./shape-check.ts";
import type { Shape } from "./shape.ts";

/** The definition of a copy; the generated one of `code-build.ts` must agree with it. */
export function copyShape(shape: Shape, value: unknown, definitions: Definitions = {}): unknown {
  const json = toJsonValue(shape, value, definitions, { isCopy: true });
  return readJson(shape, json, definitions, { isCopy: true });
}
