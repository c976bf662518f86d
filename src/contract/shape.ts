/**
 * The shape: what a message looks like, as plain JSON data. It is the hub of the contract: every schema becomes a
 * shape, and codecs, copies, JSON Schema, CLI flags and (later) protobuf are derived from it, each by one file.
 *
 * The list of kinds is closed. A schema that cannot be said with it is refused when the contract is made.
 */

export type Shape =
  | StringShape
  | NumberShape
  | { readonly kind: "boolean"; readonly description?: string }
  | { readonly kind: "bytes"; readonly description?: string; readonly maxBytes?: number }
  | { readonly kind: "timestamp"; readonly description?: string }
  | EnumShape
  | ListShape
  | MapShape
  | ObjectShape
  | OneofShape
  | NullableShape
  | { readonly kind: "json"; readonly description?: string }
  | { readonly kind: "ref"; readonly description?: string; readonly to: string };

export interface StringShape {
  readonly kind: "string";
  readonly description?: string;
  /** Lengths as JavaScript and its schema libraries count them, in UTF-16 units. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** ECMA-262 source, unanchored, flag `u`, as in JSON Schema. */
  readonly pattern?: string;
}

/**
 * `integer` is a whole number that a JavaScript number holds exactly (what schema libraries call integer); `int64` is a
 * bigint here and a decimal string in JSON; `double` is any finite number.
 */
export interface NumberShape {
  readonly kind: "int32" | "integer" | "int64" | "double";
  readonly description?: string;
  /** For `int64` too: bounds beyond 2^53 are not needed by anyone so far. */
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface EnumShape {
  readonly kind: "enum";
  readonly description?: string;
  readonly values: readonly string[];
  /** How protobuf writes each value; from 1 on, as 0 means that nothing was said. */
  readonly numbers?: { readonly [value: string]: number };
  readonly reserved?: Reserved;
}

export interface ListShape {
  readonly kind: "list";
  readonly description?: string;
  readonly items: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** String keys, values of one shape. Keys are data: `__proto__` is a key like any other and never a prototype. */
export interface MapShape {
  readonly kind: "map";
  readonly description?: string;
  readonly values: Shape;
}

export interface ObjectShape {
  readonly kind: "object";
  readonly description?: string;
  /** In declaration order. */
  readonly fields: { readonly [name: string]: Field };
  /** Shapes that a `ref` inside this tree may name; only on the outermost object of a message. */
  readonly definitions?: { readonly [name: string]: Shape };
  readonly reserved?: Reserved;
}

/** Numbers that are not given again, each with the name that it belonged to. */
export type Reserved = { readonly [number: string]: string };

export interface Field {
  readonly shape: Shape;
  /** May be absent. A field with a default is always optional for the sender and always present for the reader. */
  readonly optional?: true;
  /** As JSON would write it. */
  readonly default?: unknown;
  /** How protobuf knows it: given once, never again to another field. 1 to 536,870,911. */
  readonly number?: number;
}

/** Exactly one of the variants: `{ card: {...} }` or `{ cash: {...} }`, the key names the variant. */
export interface OneofShape {
  readonly kind: "oneof";
  readonly description?: string;
  readonly variants: { readonly [name: string]: Shape };
  /** How protobuf knows each variant. */
  readonly numbers?: { readonly [variant: string]: number };
  readonly reserved?: Reserved;
}

export interface NullableShape {
  readonly kind: "nullable";
  readonly description?: string;
  readonly inner: Shape;
}

/** Deeper values are refused, whatever their shape: a message is data for people, not a stack attack. */
export const depthMax = 64;
