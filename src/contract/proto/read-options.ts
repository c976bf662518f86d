/** All options of an element as one message: those of descriptor.proto, and the custom ones by their extensions. */
import type { FieldDescriptor, Options } from "./file-descriptor.ts";
import { wireTypeOf } from "./option-bytes.ts";
import { emptyOption, isPackable, type OptionMessage, type OptionValue } from "./option-message.ts";
import type { ProtoIndex } from "./proto-index.ts";
import { encodeByTable } from "./table-bytes.ts";
import { WireReader, wireDepthMax } from "./wire-reader.ts";
import { wireTypes } from "./wire-writer.ts";

/**
 * The options of an element; `optionsType` is their message without its package, `FieldOptions`. What no file of the
 * index declares is not in the answer.
 * @throws {ReefError} `invalid_argument` for custom options whose bytes are not protobuf
 */
export function readOptions(
  optionsType: string,
  options: Options,
  index: ProtoIndex,
): OptionMessage {
  const bytes = encodeByTable(optionsType, options);
  return readMessage(bytes, `google.protobuf.${optionsType}`, { index, depth: 0 });
}

interface Place {
  readonly index: ProtoIndex;
  readonly depth: number;
}

function readMessage(bytes: Uint8Array, fullName: string, { index, depth }: Place): OptionMessage {
  const reader = new WireReader(bytes, "an option");
  if (depth > wireDepthMax) throw reader.fail(`messages deeper than ${wireDepthMax}`);
  const type = index.message(fullName);
  const message = emptyOption(type ?? noType, fullName);
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    const own = type?.field.find((field) => field.number === number);
    const field = own ?? index.extension(fullName, number);
    const values = field && readValues(reader, field, { wireType, index, depth });
    if (!values) reader.skip(number, wireType);
    else if (field.label === "LABEL_REPEATED") {
      const before = message.fields.get(number)?.values ?? [];
      message.fields.set(number, { field, values: [...before, ...values] });
    } else message.fields.set(number, { field, values });
  }
  return message;
}

const noType = { name: "", field: [], nestedType: [], enumType: [], oneofDecl: [] };

/** Undefined, and nothing read, where the bytes are not those of the type. */
function readValues(
  reader: WireReader,
  field: FieldDescriptor,
  { wireType, index, depth }: Place & { readonly wireType: number },
): OptionValue[] | undefined {
  const { type, typeName = "", number } = field;
  if (type === "TYPE_MESSAGE" || type === "TYPE_GROUP") {
    if (wireType !== wireTypes.bytes && wireType !== wireTypes.open) return undefined;
    const bytes = wireType === wireTypes.bytes ? reader.bytes() : reader.group(number);
    const value = readMessage(bytes, typeName.slice(1), { index, depth: depth + 1 });
    return [{ kind: "message", value }];
  }
  if (wireType === wireTypeOf(field)) return [readScalar(reader, field)];
  if (wireType !== wireTypes.bytes || !isPackable(type)) return undefined;
  const packed = new WireReader(reader.bytes(), "an option");
  const values: OptionValue[] = [];
  while (!packed.done) values.push(readScalar(packed, field));
  return values;
}

function readScalar(reader: WireReader, { type }: FieldDescriptor): OptionValue {
  switch (type) {
    case "TYPE_STRING":
    case "TYPE_BYTES":
      return { kind: "bytes", value: reader.bytes() };
    case "TYPE_BOOL":
      return { kind: "boolean", value: reader.varint64() !== 0n };
    case "TYPE_DOUBLE":
      return { kind: "number", value: reader.double() };
    case "TYPE_FLOAT":
      return { kind: "number", value: reader.float() };
    case "TYPE_FIXED32":
      return { kind: "number", value: reader.fixed32() };
    case "TYPE_SFIXED32":
      return { kind: "number", value: reader.fixed32() | 0 };
    case "TYPE_UINT32":
      return { kind: "number", value: reader.int32() >>> 0 };
    case "TYPE_SINT32": {
      const value = reader.int32();
      return { kind: "number", value: (value >>> 1) ^ -(value & 1) };
    }
    case "TYPE_FIXED64":
      return { kind: "bigint", value: reader.fixed64() };
    case "TYPE_SFIXED64":
      return { kind: "bigint", value: BigInt.asIntN(64, reader.fixed64()) };
    case "TYPE_UINT64":
      return { kind: "bigint", value: reader.varint64() };
    case "TYPE_INT64":
      return { kind: "bigint", value: BigInt.asIntN(64, reader.varint64()) };
    case "TYPE_SINT64": {
      const value = reader.varint64();
      return { kind: "bigint", value: (value >> 1n) ^ -(value & 1n) };
    }
    default:
      return { kind: "number", value: reader.int32() };
  }
}
