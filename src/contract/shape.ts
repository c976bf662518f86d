/**
 * The shape: what a message looks like, as plain JSON data. It is the hub of the contract: every schema becomes a
 * shape, and codecs, copies, JSON Schema, CLI flags, protobuf and `.proto` are derived from it, each by one file or
 * folder.
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
  | WrapperShape
  | JsonShape
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
 * `integer` is a whole number that a JavaScript number holds exactly (what schema libraries call integer); `int64` and
 * `uint64` are a bigint here and a decimal string in JSON; `double` is any finite number. In messages from `.proto`
 * `float` and `double` may also be NaN and infinite.
 */
export interface NumberShape {
  readonly kind: "int32" | "uint32" | "integer" | "int64" | "uint64" | "float" | "double";
  readonly description?: string;
  /** For bigints too: bounds beyond 2^53 are not needed by anyone so far. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** How protobuf writes a whole number where it is not a varint: `sint32` is zigzag, `sfixed32` fixed. */
  readonly wire?: "zigzag" | "fixed";
}

export interface EnumShape {
  readonly kind: "enum";
  readonly description?: string;
  readonly values: readonly string[];
  /**
   * How protobuf writes each value. Where we give the numbers they start at 1, as 0 means that nothing was said; those
   * of a `.proto` are any of 32 bits, and of two names with one number the first is read.
   */
  readonly numbers?: { readonly [value: string]: number };
  readonly reserved?: Reserved;
  /** A number without a name stays a number, in memory and in JSON: what proto3 says of enums. */
  readonly open?: true;
}

export interface ListShape {
  readonly kind: "list";
  readonly description?: string;
  readonly items: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** Protobuf writes numbers, booleans and enums in one piece unless this says otherwise. */
  readonly packed?: false;
}

/** String keys, values of one shape. Keys are data: `__proto__` is a key like any other and never a prototype. */
export interface MapShape {
  readonly kind: "map";
  readonly description?: string;
  /**
   * What protobuf has as keys: whole numbers, booleans or strings. In memory and in JSON they are the text of it.
   * @default a string
   */
  readonly keys?: Shape;
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
  /** Groups of optional fields of which at most one is there: how a `oneof` of a `.proto` appears. */
  readonly oneofs?: { readonly [name: string]: readonly string[] };
  /** The full name of a message from a `.proto`, whose JSON follows the mapping of proto3. */
  readonly protoName?: string;
  /** Messages that proto3 JSON has forms of their own for. */
  readonly wellKnown?: "duration" | "field_mask" | "any";
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
  /** Not written when it has its default, which is zero: the implicit presence of proto3. */
  readonly implicit?: true;
  /** The name in its `.proto` where it is another one: readers of JSON take both. */
  readonly protoName?: string;
  /** A message between two tags instead of behind its length: groups, as editions still have them. */
  readonly delimited?: true;
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

/** The bare value here and in JSON, a message around it in protobuf: `google.protobuf.StringValue` and its like. */
export interface WrapperShape {
  readonly kind: "wrapper";
  readonly description?: string;
  /** A scalar. */
  readonly inner: Shape;
}

/** Anything that JSON can say. */
export interface JsonShape {
  readonly kind: "json";
  readonly description?: string;
  /** Only objects, or only lists: `google.protobuf.Struct` and `ListValue`. */
  readonly as?: "struct" | "list";
}

/** The kinds that have nothing inside. */
export type ScalarShape = Exclude<
  Shape,
  { kind: "list" | "map" | "object" | "oneof" | "nullable" | "wrapper" | "ref" | "json" }
>;

/** The greatest number of a field: three bits of the 32 of a tag are its wire type. */
export const fieldNumberMax = 2 ** 29 - 1;

/** Deeper values are refused, whatever their shape: a message is data for people, not a stack attack. */
export const depthMax = 64;
