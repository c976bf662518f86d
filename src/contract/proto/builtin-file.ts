/** The messages of options, for files that do not import descriptor.proto: made from the table. */
import { enumTables, messageTables } from "./descriptor-tables.ts";
import type { FieldDescriptor, FieldType, FileDescriptor } from "./file-descriptor.ts";

export const descriptorFile = "google/protobuf/descriptor.proto";

const scope = "google.protobuf";

/** Flat: names like `FieldOptions.CType` are one element each. */
export function builtinFile(): FileDescriptor {
  return {
    name: descriptorFile,
    package: scope,
    dependency: [],
    service: [],
    messageType: Object.entries(messageTables).map(([name, rows]) => ({
      name,
      field: rows.map(([field, number, type]) => builtinField(field, number, type)),
      nestedType: [],
      enumType: [],
      oneofDecl: [],
    })),
    enumType: Object.entries(enumTables).map(([name, values]) => ({
      name,
      value: Object.entries(values).map(([value, number]) => ({ name: value, number })),
    })),
  };
}

function builtinField(name: string, number: number, cell: string): FieldDescriptor {
  const type = cell.replace(/\.\.\..*/, "");
  const label = cell.includes("...") ? "LABEL_REPEATED" : "LABEL_OPTIONAL";
  if (type in messageTables || type in enumTables) {
    const kind = type in messageTables ? "TYPE_MESSAGE" : "TYPE_ENUM";
    return { name, number, label, type: kind, typeName: `.${scope}.${type}` };
  }
  // The other cells are the scalar words of the language.
  return { name, number, label, type: `TYPE_${type.toUpperCase()}` as FieldType };
}
