/**
 * One value of the builder `t`: a Standard Schema that carries its shape.
 *
 * The three type parameters are all there is, and they are plain types, so that a hover shows `{ name: string }` and
 * the cost of checking a contract grows with its size only.
 */
import { ReefError } from "../core/errors.ts";
import { copyShape } from "./copy.ts";
import { readJson } from "./json-read.ts";
import { toJsonValue } from "./json-write.ts";
import { checkShape, type Definitions } from "./shape-check.ts";
import type { ObjectShape, Shape } from "./shape.ts";
import type { JsonSchemaConverter, StandardResult, StandardSchema } from "./standard-schema.ts";
import { toJsonSchema } from "./to-json-schema.ts";

/** Whether a field may be absent, and for whom: `default` may be left out by the sender and is there for the reader. */
export type Presence = "required" | "optional" | "default";

/** `In` is what a sender writes, `Out` what a reader gets; they differ by defaults only. */
export class Type<In, Out = In, P extends Presence = "required"> implements StandardSchema<
  In,
  Out
> {
  readonly shape: Shape;
  /** What a `ref` in the shape may name. */
  readonly definitions: Definitions;
  readonly presence: P;
  /** As JSON would write it; only with the presence `default`. */
  readonly defaultJson: unknown;

  constructor(shape: Shape, definitions: Definitions, presence: P, defaultJson?: unknown) {
    this.shape = shape;
    this.definitions = definitions;
    this.presence = presence;
    this.defaultJson = defaultJson;
  }

  /** The field may be left out. */
  optional(): Type<In, Out, "optional"> {
    return new Type(this.shape, this.definitions, "optional");
  }

  /** The value may be null. */
  nullable(): Type<In | null, Out | null, P> {
    const shape: Shape =
      this.shape.kind === "nullable" ? this.shape : { kind: "nullable", inner: bare(this.shape) };
    return new Type(shape, this.definitions, this.presence, this.defaultJson);
  }

  /** A sender may leave the field out, a reader then gets this value. */
  default(value: In): Type<In, Out, "default"> {
    const json = toJsonValue(this.shape, value, this.definitions);
    const seen = readJson(this.shape, json, this.definitions);
    const violation = checkShape(this.shape, seen, this.definitions)[0];
    if (violation) {
      throw new ReefError(
        "invalid_argument",
        `Cannot use the default ${JSON.stringify(json)}: ${violation.message}`,
      );
    }
    return new Type(this.shape, this.definitions, "default", json);
  }

  /** One sentence for people who read the help, the console or the API document. */
  describe(description: string): Type<In, Out, P> {
    const shape = { ...this.shape, description };
    return new Type(shape, this.definitions, this.presence, this.defaultJson);
  }

  get "~standard"(): {
    readonly version: 1;
    readonly vendor: "reef";
    readonly validate: (value: unknown) => StandardResult<Out>;
    readonly types?: { readonly input: In; readonly output: Out };
    readonly jsonSchema: JsonSchemaConverter;
  } {
    const { shape, definitions } = this;
    return {
      version: 1,
      vendor: "reef",
      validate: (value) => validate<Out>(shape, value, definitions),
      jsonSchema: {
        input: () => toJsonSchema(withDefinitions(shape, definitions), { side: "input" }),
        output: () => toJsonSchema(withDefinitions(shape, definitions), { side: "output" }),
      },
    };
  }
}

/** Whether a schema is one of `t`, also of another copy of reef in the same program. */
export function isType(schema: StandardSchema): schema is Type<unknown, unknown, Presence> {
  return schema["~standard"].vendor === "reef" && "shape" in schema && "definitions" in schema;
}

/** A shape inside another one: its definitions move to the outermost object. */
export function bare(shape: Shape): Shape {
  if (shape.kind !== "object" || shape.definitions === undefined) return shape;
  const { definitions: _, ...rest } = shape;
  return rest;
}

/** The shape with its definitions, where it has a place for them. */
export function withDefinitions(shape: Shape, definitions: Definitions): Shape {
  if (shape.kind !== "object" || Object.keys(definitions).length === 0) return shape;
  return { ...shape, definitions } satisfies ObjectShape;
}

/** As the standard asks: checked, undeclared fields dropped, defaults set, nothing shared with the argument. */
function validate<Out>(
  shape: Shape,
  value: unknown,
  definitions: Definitions,
): StandardResult<Out> {
  const issues = checkShape(shape, value, definitions);
  if (issues.length > 0) return { issues };
  // The check has just proved it, and a copy has the same shape.
  return { value: copyShape(shape, value, definitions) as Out };
}
