/** Which kinds of scalars can be read as which others: a table for JSON and one for protobuf. */
import type { Shape } from "../shape.ts";
import { type Format, type Unreadable, unreadableOf } from "./change.ts";

type Kinds = { readonly [written: string]: readonly string[] };

/** Every value of the written kind is one of the other kinds, and looks like one in JSON. */
const widerInJson: Kinds = {
  int32: ["integer", "int64", "double"],
  uint32: ["integer", "int64", "uint64", "double"],
  integer: ["int64", "double"],
  float: ["double"],
  enum: ["string"],
};

/** The same in protobuf; `integer` and `int64` are one type there. */
const widerInProtobuf: Kinds = {
  int32: ["integer", "int64"],
  uint32: ["integer", "int64", "uint64"],
  integer: ["int64"],
  string: ["bytes"],
};

const wider: { readonly [format in Format]: Kinds } = {
  json: widerInJson,
  protobuf: widerInProtobuf,
};

/** Whose values are lost when a kind has become another. */
export function kindsUnreadable(older: Shape, newer: Shape, format: Format): Unreadable {
  if (format === "protobuf" && wireOf(older) !== wireOf(newer)) return "both";
  return unreadableOf(!reads(older, newer, format), !reads(newer, older, format));
}

/** How protobuf writes a number: `varint` where nothing else is said. */
export function wireOf(shape: Shape): string {
  return ("wire" in shape && shape.wire) || "varint";
}

function reads(written: Shape, read: Shape, format: Format): boolean {
  if (read.kind === "json" && format === "json") return true;
  return written.kind === read.kind || (wider[format][written.kind]?.includes(read.kind) ?? false);
}

/** A kind as people call it. */
export function kindName({ kind }: Shape): string {
  return kind === "json" ? "any JSON" : kind === "ref" ? "a message" : kind;
}
