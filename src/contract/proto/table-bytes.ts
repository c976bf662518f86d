/** Messages of descriptor.proto as protobuf, each by its table. */
import { ReefError } from "../../core/errors.ts";
import { enumTables, keepsUnknown, messageTables, type Row } from "./descriptor-tables.ts";
import { WireReader, wireDepthMax } from "./wire-reader.ts";
import { WireWriter, wireTypes } from "./wire-writer.ts";

/** A message under its JSON names. */
export interface PlainMessage {
  [name: string]: unknown;
}

/** Any message of the tables by its name, `FieldOptions`. */
export function encodeByTable(message: string, value: PlainMessage): Uint8Array {
  const writer = new WireWriter();
  writeMessage(writer, message, value);
  return writer.finish();
}

/** Any message of the tables by its name. */
export function decodeByTable(message: string, bytes: Uint8Array): PlainMessage {
  return readMessage(message, bytes, 0);
}

interface Column {
  readonly key: string;
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
  readonly packed: boolean;
}

const columns = new Map(
  Object.entries(messageTables).map(([message, rows]) => [message, rows.map(columnOf)]),
);

const columnsByNumber = new Map(
  [...columns].map(([message, list]) => [message, new Map(list.map((one) => [one.number, one]))]),
);

const enumNames = new Map(
  Object.entries(enumTables).map(([name, values]) => [
    name,
    new Map(Object.entries(values).map(([value, number]) => [number, value])),
  ]),
);

/** Lists that a descriptor always has, so that readers need not ask. */
const constantLists: { readonly [message: string]: readonly string[] } = {
  FileDescriptorProto: ["dependency", "messageType", "enumType", "service"],
  DescriptorProto: ["field", "nestedType", "enumType", "oneofDecl"],
  EnumDescriptorProto: ["value"],
  ServiceDescriptorProto: ["method"],
  SourceCodeInfo: ["location"],
  "SourceCodeInfo.Location": ["path", "span"],
};

function columnOf([name, number, type]: Row): Column {
  return {
    key: name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    number,
    type: type.replace(/\.\.\..*/, ""),
    repeated: type.includes("..."),
    packed: type.endsWith("packed"),
  };
}

function writeMessage(writer: WireWriter, message: string, value: PlainMessage): void {
  // Extensions in front, as the Go library and with it buf have it; readers take any order.
  const { custom } = value;
  if (keepsUnknown(message) && custom instanceof Uint8Array) writer.raw(custom);
  for (const column of columns.get(message) ?? []) {
    const held = value[column.key];
    if (held === undefined) continue;
    if (!column.repeated) writeField(writer, column, held);
    // A repeated field of a descriptor is a list.
    else if (!column.packed) for (const one of held as unknown[]) writeField(writer, column, one);
    else if ((held as number[]).length > 0) {
      writer.tag(column.number, wireTypes.bytes);
      writer.sized(() => {
        for (const one of held as number[]) writer.int32(one);
      });
    }
  }
}

function writeField(writer: WireWriter, { number, type, key }: Column, value: unknown): void {
  if (columns.has(type)) {
    writer.tag(number, wireTypes.bytes);
    // A descriptor has objects where its table has messages.
    writer.sized(() => writeMessage(writer, type, value as PlainMessage));
    return;
  }
  if (type === "string" || type === "bytes") {
    writer.tag(number, wireTypes.bytes);
    if (value instanceof Uint8Array) writer.bytes(value);
    else writer.string(String(value));
  } else if (type === "double") {
    writer.tag(number, wireTypes.fixed64);
    writer.double(Number(value));
  } else {
    writer.tag(number, wireTypes.varint);
    if (typeof value === "bigint") writer.varint64(value);
    else writer.int32(typeof value === "string" ? enumNumber(type, key, value) : Number(value));
  }
}

function enumNumber(type: string, key: string, value: string): number {
  const number = enumTables[type]?.[value];
  if (number !== undefined) return number;
  const known = Object.keys(enumTables[type] ?? {}).join(", ");
  throw new ReefError(
    "invalid_argument",
    `Cannot encode the file descriptor: ${key} is one of ${known}, got "${value}"; correct it`,
  );
}

function readMessage(message: string, bytes: Uint8Array, depth: number): PlainMessage {
  const reader = new WireReader(bytes, "the file descriptor");
  if (depth > wireDepthMax) throw reader.fail(`messages deeper than ${wireDepthMax}`);
  const value: PlainMessage = {};
  for (const key of constantLists[message] ?? []) value[key] = [];
  const unknown: Uint8Array[] = [];
  const known = columnsByNumber.get(message);
  while (!reader.done) {
    const start = reader.at;
    const { number, wireType } = reader.tag();
    const column = known?.get(number);
    if (column === undefined) {
      reader.skip(number, wireType);
      unknown.push(reader.since(start));
    } else if (!column.repeated) value[column.key] = readField(reader, column, wireType, depth);
    else {
      // What stands at the key of a repeated field was put there by the line below.
      const list = (value[column.key] ??= []) as unknown[];
      if (column.packed && wireType === wireTypes.bytes) readPacked(reader.bytes(), list);
      else list.push(readField(reader, column, wireType, depth));
    }
  }
  if (unknown.length > 0 && keepsUnknown(message)) value["custom"] = joined(unknown);
  return value;
}

function readField(reader: WireReader, column: Column, wireType: number, depth: number): unknown {
  const { type } = column;
  const expected =
    type === "double"
      ? wireTypes.fixed64
      : columns.has(type) || type === "string" || type === "bytes"
        ? wireTypes.bytes
        : wireTypes.varint;
  if (wireType !== expected) throw reader.fail(`wire type ${wireType} of ${column.key}`);
  if (columns.has(type)) return readMessage(type, reader.bytes(), depth + 1);
  if (type === "string") return reader.string();
  if (type === "bytes") return reader.bytes().slice();
  if (type === "double") return reader.double();
  if (type === "uint64") return reader.varint64();
  if (type === "int64") return BigInt.asIntN(64, reader.varint64());
  if (type === "bool") return reader.varint64() !== 0n;
  const number = reader.int32();
  return type === "int32" ? number : (enumNames.get(type)?.get(number) ?? number);
}

function readPacked(bytes: Uint8Array, into: unknown[]): void {
  const reader = new WireReader(bytes, "the file descriptor");
  while (!reader.done) into.push(reader.int32());
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new WireWriter();
  for (const part of parts) writer.raw(part);
  return writer.finish();
}
