/** The value of an option while it is put together: a message of a type that is known by its descriptor. */
import type { FieldDescriptor, FieldType, MessageDescriptor } from "./file-descriptor.ts";

export interface OptionMessage {
  readonly type: MessageDescriptor;
  readonly fullName: string;
  /** By number; extensions are among them. */
  readonly fields: Map<number, OptionField>;
  /** Which field of each oneof is set. */
  readonly oneofs: Map<number, FieldDescriptor>;
}

export interface OptionField {
  readonly field: FieldDescriptor;
  /** One, or several when the field is repeated. */
  readonly values: OptionValue[];
}

/** An enum is its number; a `bytes` and a string are bytes. */
export type OptionValue =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "bigint"; readonly value: bigint }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "message"; readonly value: OptionMessage };

export function emptyOption(type: MessageDescriptor, fullName: string): OptionMessage {
  return { type, fullName, fields: new Map(), oneofs: new Map() };
}

/** Types that may be packed: all of a fixed or variable length that are no bytes. */
export function isPackable(type: FieldType | undefined): boolean {
  return (
    type !== undefined &&
    !["TYPE_STRING", "TYPE_BYTES", "TYPE_MESSAGE", "TYPE_GROUP"].includes(type)
  );
}

export function isRepeated({ label }: FieldDescriptor): boolean {
  return label === "LABEL_REPEATED";
}

/** Of a scalar or an enum. */
export function zeroOf({ type }: FieldDescriptor): OptionValue {
  if (type === "TYPE_STRING" || type === "TYPE_BYTES") {
    return { kind: "bytes", value: new Uint8Array() };
  }
  if (type === "TYPE_BOOL") return { kind: "boolean", value: false };
  return type?.endsWith("64") ? { kind: "bigint", value: 0n } : { kind: "number", value: 0 };
}
