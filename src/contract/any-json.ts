/**
 * `google.protobuf.Any` in the JSON of proto3: what is inside is written out, beside the name of its type. In memory it
 * stays bytes, because a handler in between needs no type for what it passes on. Types are those that the contract
 * declares, and those of protobuf itself.
 */
import { ReefError } from "../core/errors.ts";
import { wellKnownShapes } from "./proto/well-known-shapes.ts";
import { decodePart } from "./protobuf/decode.ts";
import { encodePart } from "./protobuf/encode.ts";
import { planShape, type MessagePlan } from "./protobuf/plan.ts";
import { checkShape, isRecord, ownValue, type Definitions } from "./shape-check.ts";
import type { ObjectShape, Shape } from "./shape.ts";
import { violationError } from "./violations.ts";

/** Reads or writes what is inside, so many levels below the `Any`. */
type Convert = (shape: Shape, value: unknown, levels: number) => unknown;

/** Whether it says what is inside; an empty object is an `Any` without anything. */
export function isAnyJson(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Object.keys(value).length > 0;
}

/**
 * The fields of the message, from JSON.
 * @throws {ReefError} `invalid_argument` for a type that is not known, or what is not of its type
 */
export function readAny(
  json: Record<string, unknown>,
  definitions: Definitions,
  read: Convert,
): { readonly typeUrl: string; readonly value: Uint8Array } {
  const typeUrl = json["@type"];
  if (typeof typeUrl !== "string") {
    throw refusal(
      "read",
      "an Any",
      `"@type" names its type, here it is ${JSON.stringify(typeUrl)}`,
    );
  }
  const { shape, plan, isWhole } = typeOf("read", typeUrl, definitions);
  const value = isWhole ? read(shape, ownValue(json, "value"), 1) : read(shape, json, 0);
  const problems = checkShape(shape, value, definitions, { nonFinite: true });
  if (problems.length > 0) throw violationError(`the Any of "${typeUrl}"`, problems);
  return { typeUrl, value: encodePart(plan, value, 1) };
}

/**
 * JSON of the message; undefined when its fields are none of an `Any`.
 * @throws {ReefError} `invalid_argument` for a type that is not known, or bytes that are not of it
 */
export function writeAny(
  any: Record<string, unknown>,
  definitions: Definitions,
  write: Convert,
): Record<string, unknown> | undefined {
  const { typeUrl = "", value = new Uint8Array() } = any;
  if (typeof typeUrl !== "string" || !(value instanceof Uint8Array)) return undefined;
  if (typeUrl === "" && value.length === 0) return {};
  const { shape, plan, isWhole } = typeOf("write", typeUrl, definitions);
  const inside = decodePart(plan, value, 1);
  if (isWhole) return { "@type": typeUrl, value: write(shape, inside, 1) };
  // A message that is no value of its own is an object.
  return { "@type": typeUrl, ...(write(shape, inside, 0) as Record<string, unknown>) };
}

interface AnyType {
  readonly shape: Shape;
  readonly plan: MessagePlan;
  /** Its JSON is no object of its fields: it stands beside the type as `value`. */
  readonly isWhole: boolean;
}

/** By the definitions of a message, which live as long as its codecs: to plan a type is slow. */
const known = new WeakMap<Definitions, Map<string, AnyType>>();

function typeOf(verb: "read" | "write", typeUrl: string, definitions: Definitions): AnyType {
  const name = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  let types = known.get(definitions);
  if (!types) known.set(definitions, (types = new Map()));
  const found = types.get(name) ?? makeType(name, definitions);
  if (!found) {
    const rule =
      "the contract declares no such message; import its file where the contract is made";
    throw refusal(verb, `the Any of "${typeUrl}"`, rule);
  }
  types.set(name, found);
  return found;
}

function makeType(name: string, definitions: Definitions): AnyType | undefined {
  const shape = own(definitions, name) ?? own(wellKnownShapes, name) ?? own(ownMessages, name);
  const plan = shape && planShape(shape, definitions, true);
  if (!shape || plan?.type !== "message") return undefined;
  const isWhole = shape.kind !== "object" || shape.wellKnown !== undefined;
  return { shape, plan, isWhole };
}

function own(shapes: Definitions, name: string): Shape | undefined {
  return Object.hasOwn(shapes, name) ? shapes[name] : undefined;
}

/** Of protobuf itself: a contract has them only where it names them, and an `Any` may have them without a name. */
const ownMessages: { readonly [fullName: string]: ObjectShape } = {
  "google.protobuf.Empty": { kind: "object", fields: {}, protoName: "google.protobuf.Empty" },
  "google.protobuf.Duration": {
    kind: "object",
    fields: {
      seconds: { shape: { kind: "int64" }, number: 1, implicit: true, default: "0" },
      nanos: { shape: { kind: "int32" }, number: 2, implicit: true, default: 0 },
    },
    protoName: "google.protobuf.Duration",
    wellKnown: "duration",
  },
  "google.protobuf.FieldMask": {
    kind: "object",
    fields: {
      paths: {
        shape: { kind: "list", items: { kind: "string" } },
        number: 1,
        implicit: true,
        default: [],
      },
    },
    protoName: "google.protobuf.FieldMask",
    wellKnown: "field_mask",
  },
  "google.protobuf.Any": {
    kind: "object",
    fields: {
      typeUrl: {
        shape: { kind: "string" },
        number: 1,
        implicit: true,
        default: "",
        protoName: "type_url",
      },
      value: { shape: { kind: "bytes" }, number: 2, implicit: true, default: "" },
    },
    protoName: "google.protobuf.Any",
    wellKnown: "any",
  },
};

function refusal(verb: "read" | "write", what: string, rule: string): ReefError {
  return new ReefError("invalid_argument", `Cannot ${verb} ${what}: ${rule}`, {
    maybeExecuted: false,
  });
}
