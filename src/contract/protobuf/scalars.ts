/** The scalars of protobuf: how each is written and read, by the interpreted codec. */
import type { WireReader } from "../proto/wire-reader.ts";
import type { WireWriter } from "../proto/wire-writer.ts";
import type { EnumShape, ScalarShape } from "../shape.ts";
import { unzigzag64 } from "./wire-read.ts";
import { zigzag32, zigzag64 } from "./wire-write.ts";

/**
 * How a value is coded. `i64`, `si64` and `sf64` are whole numbers of 64 bits that are a number in memory, as protobuf
 * has no other form for them.
 */
export type Coding =
  | "bool"
  | "string"
  | "bytes"
  | "enum"
  | "int32"
  | "sint32"
  | "sfixed32"
  | "uint32"
  | "fixed32"
  | "i64"
  | "si64"
  | "sf64"
  | "int64"
  | "sint64"
  | "sfixed64"
  | "uint64"
  | "fixed64"
  | "float"
  | "double";

/** A timestamp is a message. */
export type CodedShape = Exclude<ScalarShape, { kind: "timestamp" }>;

export interface ScalarPlan {
  readonly type: "scalar";
  readonly coding: Coding;
  /** 0 varint, 1 eight bytes, 2 a length and bytes, 5 four bytes. */
  readonly wireType: 0 | 1 | 2 | 5;
  readonly zero: () => unknown;
  readonly words: EnumWords | undefined;
}

export interface EnumWords {
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
  readonly open: boolean;
}

/** Undefined for an enum without numbers. */
export function scalarPlan(shape: CodedShape): ScalarPlan | undefined {
  const coding = codingOf(shape);
  const words = shape.kind === "enum" ? enumWords(shape) : undefined;
  if (shape.kind === "enum" && !words) return undefined;
  const zero = (): unknown => (words ? zeroWord(words) : zeroOf(coding));
  return { type: "scalar", coding, wireType: wireTypeOf(coding), zero, words };
}

function codingOf(shape: CodedShape): Coding {
  switch (shape.kind) {
    case "boolean":
      return "bool";
    case "int32":
      return pick(shape.wire, "int32", "sint32", "sfixed32");
    case "uint32":
      return pick(shape.wire, "uint32", "uint32", "fixed32");
    case "integer":
      return pick(shape.wire, "i64", "si64", "sf64");
    case "int64":
      return pick(shape.wire, "int64", "sint64", "sfixed64");
    case "uint64":
      return pick(shape.wire, "uint64", "uint64", "fixed64");
    default:
      return shape.kind;
  }
}

function pick(
  wire: "zigzag" | "fixed" | undefined,
  varint: Coding,
  zigzag: Coding,
  fixed: Coding,
): Coding {
  if (wire === undefined) return varint;
  return wire === "zigzag" ? zigzag : fixed;
}

function wireTypeOf(coding: Coding): ScalarPlan["wireType"] {
  if (coding === "string" || coding === "bytes") return 2;
  if (coding === "float" || coding === "fixed32" || coding === "sfixed32") return 5;
  return coding === "double" || ["fixed64", "sfixed64", "sf64"].includes(coding) ? 1 : 0;
}

function enumWords({ values, numbers = {}, open }: EnumShape): EnumWords | undefined {
  const known = new Map<string, number>();
  const names = new Map<number, string>();
  for (const value of values) {
    const number = Object.hasOwn(numbers, value) ? numbers[value] : undefined;
    if (number === undefined) return undefined;
    known.set(value, number);
    if (!names.has(number)) names.set(number, value);
  }
  return { numbers: known, names, open: open === true };
}

/** Where we give the numbers none is zero: nothing was said. */
function zeroWord({ names, open }: EnumWords): unknown {
  return names.get(0) ?? (open ? 0 : undefined);
}

function zeroOf(coding: Coding): unknown {
  if (coding === "string") return "";
  if (coding === "bytes") return new Uint8Array();
  if (coding === "bool") return false;
  return isBig(coding) ? 0n : 0;
}

/** Whether it is a bigint in memory. */
export function isBig(coding: Coding): boolean {
  return /^(?:u|s)?int64$|^s?fixed64$/u.test(coding);
}

/** Whether the value can be written so. Limits of the shape are for the reader's schema. */
export function isWritableScalar({ coding, words }: ScalarPlan, value: unknown): boolean {
  switch (coding) {
    case "bool":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "enum":
      if (typeof value === "string") return words?.numbers.has(value) === true;
      return words?.open === true && typeof value === "number" && (value | 0) === value;
    case "int32":
    case "sint32":
    case "sfixed32":
      return typeof value === "number" && (value | 0) === value;
    case "uint32":
    case "fixed32":
      return typeof value === "number" && value >>> 0 === value;
    case "i64":
    case "si64":
    case "sf64":
      return Number.isSafeInteger(value);
    case "float":
    case "double":
      return typeof value === "number";
    case "uint64":
    case "fixed64":
      return typeof value === "bigint" && BigInt.asUintN(64, value) === value;
    default:
      return typeof value === "bigint" && BigInt.asIntN(64, value) === value;
  }
}

/** Whether protobuf has no need to write it where presence is implicit. Minus zero is not zero. */
export function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  return value === "" || value === false || value === 0n || Object.is(value, 0);
}

/** For a value that `isWritableScalar`. */
export function writeScalar({ coding, words }: ScalarPlan, value: unknown, to: WireWriter): void {
  // The value was seen to be of its coding.
  const number = value as number;
  const big = (): bigint => BigInt(value as bigint | number);
  switch (coding) {
    case "bool":
      return to.varint32(value === true ? 1 : 0);
    case "string":
      return to.string(value as string);
    case "bytes":
      return to.bytes(value as Uint8Array);
    case "enum":
      return to.int32(words?.numbers.get(value as string) ?? number);
    case "int32":
      return to.int32(number);
    case "sint32":
      return to.varint32(zigzag32(number));
    case "uint32":
      return to.varint32(number);
    case "fixed32":
    case "sfixed32":
      return to.fixed32(number);
    case "sint64":
    case "si64":
      return to.varint64(zigzag64(big()));
    case "fixed64":
    case "sfixed64":
    case "sf64":
      return to.fixed64(big());
    case "float":
      return to.float(number);
    case "double":
      return to.double(number);
    default:
      return to.varint64(big());
  }
}

export function readScalar({ coding, words }: ScalarPlan, from: WireReader): unknown {
  switch (coding) {
    case "bool":
      return from.varint64() !== 0n;
    case "string":
      return from.string();
    case "bytes":
      return new Uint8Array(from.bytes());
    case "enum": {
      const number = from.int32();
      return words?.names.get(number) ?? number;
    }
    case "int32":
      return from.int32();
    case "sint32": {
      const bits = from.int32();
      return (bits >>> 1) ^ -(bits & 1);
    }
    case "uint32":
      return from.int32() >>> 0;
    case "fixed32":
      return from.fixed32();
    case "sfixed32":
      return from.fixed32() | 0;
    case "i64":
      return Number(BigInt.asIntN(64, from.varint64()));
    case "si64":
      return Number(unzigzag64(from.varint64()));
    case "sf64":
      return Number(BigInt.asIntN(64, from.fixed64()));
    case "int64":
      return BigInt.asIntN(64, from.varint64());
    case "sint64":
      return unzigzag64(from.varint64());
    case "uint64":
      return from.varint64();
    case "fixed64":
      return from.fixed64();
    case "sfixed64":
      return BigInt.asIntN(64, from.fixed64());
    case "float":
      return from.float();
    case "double":
      return from.double();
  }
}
