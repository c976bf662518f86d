/** The messages of `google.protobuf` that are a value of their own in memory: times, and anything that JSON can say. */
import { unusual } from "../code.ts";
import { makeDate, nanosOf } from "../precise-date.ts";
import { isRecord, isWritable } from "../shape-check.ts";
import {
  emptyPlan,
  entryPlan,
  fieldPlan,
  fillPlan,
  type JsonForm,
  type MessagePlan,
} from "./plan.ts";
import { scalarPlan, type ScalarPlan } from "./scalars.ts";
import { writeUint32, writeWhole } from "./wire-write.ts";

/** `google.protobuf.Timestamp`. */
export function timestampPlan(): MessagePlan {
  const seconds = scalarOf("integer");
  const nanos = scalarOf("int32");
  return fillPlan(emptyPlan("timestamp"), [
    fieldPlan("seconds", 1, seconds, { implicit: true, absent: seconds.zero }),
    fieldPlan("nanos", 2, nanos, { implicit: true, absent: nanos.zero }),
  ]);
}

/** `google.protobuf.Value`, `Struct` or `ListValue`. */
export function jsonPlan(as: "struct" | "list" | undefined): MessagePlan {
  const value = emptyPlan("json");
  const struct = fillPlan(emptyPlan("struct"), [
    fieldPlan("fields", 1, entryPlan(scalarOf("string"), value), {
      label: "map",
      absent: () => ({}),
    }),
  ]);
  const list = fillPlan(emptyPlan("list"), [
    fieldPlan("values", 1, value, { label: "list", absent: () => [] }),
  ]);
  const names = ["null", "number", "string", "boolean", "struct", "list"];
  fillPlan(
    value,
    [
      fieldPlan("null", 1, scalarOf("int32")),
      fieldPlan("number", 2, scalarOf("double")),
      fieldPlan("string", 3, scalarOf("string")),
      fieldPlan("boolean", 4, scalarOf("boolean")),
      fieldPlan("struct", 5, struct),
      fieldPlan("list", 6, list),
    ],
    [names],
  );
  if (as === "struct") return struct;
  return as === "list" ? list : value;
}

/** The fields of a date; undefined when it is none that can be written. */
export function timestampFields(value: unknown): { seconds: number; nanos: number } | undefined {
  if (!(value instanceof Date) || !isWritable(value)) return undefined;
  const epochMs = value.getTime();
  const seconds = Math.floor(epochMs / 1_000);
  return { seconds, nanos: (epochMs - seconds * 1_000) * 1_000_000 + nanosOf(value) };
}

/** Writes a date as its fields, for generated code. */
export function writeTimestamp(bytes: Uint8Array, at: number, value: unknown): number {
  const fields = timestampFields(value);
  if (!fields) throw unusual;
  let next = at;
  if (fields.seconds !== 0) {
    bytes[next] = 0x08;
    next = writeWhole(bytes, next + 1, fields.seconds);
  }
  if (fields.nanos !== 0) {
    bytes[next] = 0x10;
    next = writeUint32(bytes, next + 1, fields.nanos);
  }
  return next;
}

export function readDate(seconds: number, nanos: number): Date {
  if (nanos === 0) return new Date(seconds * 1_000);
  const ms = Math.floor(nanos / 1_000_000);
  return makeDate(seconds * 1_000 + ms, nanos - ms * 1_000_000);
}

/** The fields of JSON data; undefined when JSON cannot say it. */
export function jsonFields(form: JsonForm, value: unknown): object | undefined {
  if (form === "struct") return isRecord(value) ? { fields: value } : undefined;
  if (form === "list") return Array.isArray(value) ? { values: value } : undefined;
  if (value === null) return { null: 0 };
  if (typeof value === "number") return Number.isFinite(value) ? { number: value } : undefined;
  if (typeof value === "string") return { string: value };
  if (typeof value === "boolean") return { boolean: value };
  if (Array.isArray(value)) return { list: value };
  return isRecord(value) ? { struct: value } : undefined;
}

/** The JSON data of fields; a value that says nothing is null. */
export function jsonOfFields(form: JsonForm, fields: { readonly [name: string]: unknown }) {
  if (form === "struct") return fields["fields"];
  if (form === "list") return fields["values"];
  const { number, string, boolean, struct, list } = fields;
  return number ?? string ?? boolean ?? struct ?? list ?? null;
}

function scalarOf(kind: "integer" | "int32" | "double" | "string" | "boolean"): ScalarPlan {
  // Only an enum may have no plan.
  return scalarPlan({ kind }) as ScalarPlan;
}
