/** The builder `t`: for messages that say exactly what travels, also what JSON Schema has no word for. */
import { ReefError } from "../core/errors.ts";
import type { Definitions } from "./shape-check.ts";
import type { Field, ListShape, NumberShape, Shape, StringShape } from "./shape.ts";
import { bare, Type, withDefinitions, type Presence } from "./type.ts";

export type { Type } from "./type.ts";

type AnyType = Type<unknown, unknown, Presence>;

/** Fields by name. `never` for what is written makes any type fit: it stands in a place that is only read. */
export type Fields = { readonly [name: string]: Type<unknown, unknown, Presence> };

/** The intersection with {} makes a hover show the fields instead of this name. */
type Flat<T> = { [K in keyof T]: T[K] } & {};

/** What a sender writes: optional fields and those with defaults may be left out. */
export type ObjectInput<F extends Fields> = Flat<
  {
    [K in keyof F as F[K]["presence"] extends "required" ? K : never]: In<F[K]>;
  } & {
    [K in keyof F as F[K]["presence"] extends "required" ? never : K]?: In<F[K]> | undefined;
  }
>;

/** What a reader gets: only optional fields may be absent. */
export type ObjectOutput<F extends Fields> = Flat<
  {
    [K in keyof F as F[K]["presence"] extends "optional" ? never : K]: Out<F[K]>;
  } & {
    [K in keyof F as F[K]["presence"] extends "optional" ? K : never]?: Out<F[K]>;
  }
>;

type In<T> = T extends Type<infer I, infer _, Presence> ? I : never;
type Out<T> = T extends Type<infer _, infer O, Presence> ? O : never;

type StringOptions = Omit<StringShape, "kind" | "pattern"> & { readonly pattern?: RegExp };
type NumberOptions = Omit<NumberShape, "kind">;
type ListOptions = Omit<ListShape, "kind" | "items">;

/** JSON data of any form; what it is, only its owner knows. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Builds the types of messages: what fields are called, what they hold, and within which limits. */
export const t = {
  string: ({ pattern, ...options }: StringOptions = {}) =>
    scalar<string>({ kind: "string", ...options, ...(pattern && { pattern: pattern.source }) }),
  boolean: () => scalar<boolean>({ kind: "boolean" }),
  /** A whole number of 32 bits. */
  int32: (options: NumberOptions = {}) => scalar<number>({ kind: "int32", ...options }),
  /** A whole number that a JavaScript number holds exactly. */
  integer: (options: NumberOptions = {}) => scalar<number>({ kind: "integer", ...options }),
  /** A bigint of 64 bits; a decimal string in JSON. */
  int64: (options: NumberOptions = {}) => scalar<bigint>({ kind: "int64", ...options }),
  /** Any finite number. */
  number: (options: NumberOptions = {}) => scalar<number>({ kind: "double", ...options }),
  /** Base64 in JSON. */
  bytes: (options: { readonly maxBytes?: number } = {}) =>
    scalar<Uint8Array>({ kind: "bytes", ...options }),
  /** RFC 3339 in UTC with milliseconds in JSON. */
  timestamp: () => scalar<Date>({ kind: "timestamp" }),
  /** JSON data of any form. */
  json: () => scalar<Json>({ kind: "json" }),
  enum: <const W extends string>(values: readonly W[]) => scalar<W>({ kind: "enum", values }),
  list,
  map,
  object,
  oneof,
  recursive,
};

function scalar<V>(shape: Shape): Type<V> {
  return new Type(shape, {}, "required");
}

/** What is sent may be read-only, because it is only read; what arrives is the reader's own. */
function list<I, O>(items: Type<I, O>, options: ListOptions = {}): Type<readonly I[], O[]> {
  const shape: Shape = { kind: "list", items: bare(items.shape), ...options };
  return new Type(shape, items.definitions, "required");
}

/** String keys; any string is a key. */
function map<I, O>(values: Type<I, O>): Type<{ [key: string]: I }, { [key: string]: O }> {
  const shape: Shape = { kind: "map", values: bare(values.shape) };
  return new Type(shape, values.definitions, "required");
}

function object<F extends Fields>(fields: F): Type<ObjectInput<F>, ObjectOutput<F>> {
  const entries = Object.entries(fields).map(([name, type]) => [name, fieldOf(type)]);
  const shape: Shape = { kind: "object", fields: Object.fromEntries(entries) };
  const definitions = merge(Object.values(fields));
  return new Type(withDefinitions(shape, definitions), definitions, "required");
}

/** Exactly one of the variants; the key names it: `{ card: {...} }`. */
function oneof<V extends { readonly [name: string]: Type<unknown> }>(
  variants: V,
): Type<
  { [K in keyof V]: { [N in K]: In<V[K]> } }[keyof V],
  { [K in keyof V]: { [N in K]: Out<V[K]> } }[keyof V]
> {
  const types = Object.entries(variants);
  const shapes = Object.fromEntries(types.map(([name, { shape }]) => [name, bare(shape)]));
  return new Type({ kind: "oneof", variants: shapes }, merge(Object.values(variants)), "required");
}

/**
 * A type that contains itself: `t.recursive<Tree>("Tree", (tree) => t.object({ children: t.list(tree) }))`. The
 * TypeScript type is written out because it cannot be inferred from itself. It is what a reader gets; a sender writes
 * the same, so the type that was built may ask for less.
 */
function recursive<V>(name: string, define: (self: Type<V>) => Type<unknown, V>): Type<V> {
  const self: Shape = { kind: "ref", to: name };
  const type = define(new Type<V>(self, {}, "required"));
  const definitions = join(type.definitions, { [name]: bare(type.shape) });
  return new Type(
    withDefinitions(type.shape.kind === "object" ? type.shape : self, definitions),
    definitions,
    "required",
  );
}

function fieldOf(type: AnyType): Field {
  return {
    shape: bare(type.shape),
    ...(type.presence === "optional" && { optional: true }),
    ...(type.presence === "default" && { default: type.defaultJson }),
  };
}

function merge(types: readonly AnyType[]): Definitions {
  return types.reduce<Definitions>((all, type) => join(all, type.definitions), {});
}

function join(a: Definitions, b: Definitions): Definitions {
  for (const [name, shape] of Object.entries(b)) {
    const other = Object.hasOwn(a, name) ? a[name] : undefined;
    if (other && JSON.stringify(other) !== JSON.stringify(shape)) {
      throw new ReefError(
        "invalid_argument",
        `Cannot define "${name}" twice: a recursive type of this name exists; give one another name`,
      );
    }
  }
  return { ...a, ...b };
}
