/**
 * Protobuf as a value by the plan of its shape: the reference decoder. Unknown fields are passed over, defaults set; of
 * a scalar that is there twice the last one counts, and the parts of a message are merged, which in protobuf is to read
 * their bytes one behind the other.
 */
import { WireReader } from "../proto/wire-reader.ts";
import { wireTypes } from "../proto/wire-writer.ts";
import { depthMax } from "../shape.ts";
import { tooDeep } from "../violations.ts";
import { isLevel } from "./encode.ts";
import type { FieldPlan, MessagePlan, Plan } from "./plan.ts";
import { readScalar } from "./scalars.ts";
import { jsonOfFields, readDate } from "./well-known.ts";

/**
 * The bytes are a copy of nothing: the value shares no memory with them.
 * @throws {ReefError} `invalid_argument` when they are not protobuf, or deeper than `depthMax`
 */
export function decodeProtobuf(plan: MessagePlan, bytes: Uint8Array): unknown {
  return readMessage(plan, bytes, 1);
}

/** A message inside of another. */
export function decodePart(plan: MessagePlan, bytes: Uint8Array, depth: number): unknown {
  return readMessage(plan, bytes, depth);
}

/** What was seen of a field: the last scalar, the parts of a message, the items of a list, the entries of a map. */
type Seen = Map<FieldPlan, unknown>;

function readMessage(plan: MessagePlan, bytes: Uint8Array, depth: number): unknown {
  if (depth > depthMax && isLevel(plan)) throw tooDeep();
  const inside = isLevel(plan) ? depth + 1 : depth;
  const seen: Seen = new Map();
  const reader = new WireReader(bytes, "a message");
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    const field = plan.byNumber.get(number);
    if (!field || !readField(field, wireType, reader, seen, inside)) reader.skip(number, wireType);
  }
  const entries = plan.fields.flatMap((field): [string, unknown][] => {
    const value = seen.has(field) ? finish(field, seen.get(field), inside) : field.absent();
    return value === undefined ? [] : [[field.name, value]];
  });
  return valueOf(plan, Object.fromEntries(entries));
}

/** False when a field of this number is not written like that: then it is one that nobody here knows. */
function readField(
  field: FieldPlan,
  wireType: number,
  reader: WireReader,
  seen: Seen,
  depth: number,
): boolean {
  const { value: plan, label } = field;
  if (plan.type === "scalar") {
    if (wireType === plan.wireType) add(field, readScalar(plan, reader), seen, depth);
    else if (label !== "list" || wireType !== wireTypes.bytes) return false;
    else {
      const packed = new WireReader(reader.bytes(), "a message");
      // An empty list is there, too.
      if (packed.done) add(field, undefined, seen, depth);
      while (!packed.done) add(field, readScalar(plan, packed), seen, depth);
    }
    return true;
  }
  if (wireType !== (field.delimited ? wireTypes.open : wireTypes.bytes)) return false;
  const bytes = field.delimited ? reader.group(field.number) : reader.bytes();
  if (label === "one") addPart(field, bytes, seen);
  else add(field, readMessage(plan, bytes, depth + 1), seen, depth);
  return true;
}

function addPart(field: FieldPlan, bytes: Uint8Array, seen: Seen): void {
  for (const rival of field.rivals) seen.delete(rival);
  // Only parts are kept for such a field.
  const parts = (seen.get(field) as Uint8Array[] | undefined) ?? [];
  parts.push(bytes);
  seen.set(field, parts);
}

function add(field: FieldPlan, value: unknown, seen: Seen, depth: number): void {
  for (const rival of field.rivals) seen.delete(rival);
  if (field.label === "one") return void seen.set(field, value);
  if (depth > depthMax) throw tooDeep();
  const known = seen.get(field);
  if (field.label === "list") {
    const list = Array.isArray(known) ? known : [];
    if (value !== undefined) list.push(value);
    seen.set(field, list);
    return;
  }
  const map = known instanceof Map ? known : new Map<string, unknown>();
  // The value of a map is an entry of it.
  const { key, value: item } = value as { key: unknown; value: unknown };
  map.set(String(key), item);
  seen.set(field, map);
}

function finish({ label, value: plan }: FieldPlan, seen: unknown, depth: number): unknown {
  if (label === "map") return Object.fromEntries(seen as Map<string, unknown>);
  if (label === "list" || plan.type === "scalar") return seen;
  const parts = seen as Uint8Array[];
  const [only] = parts;
  return readMessage(plan, parts.length === 1 && only ? only : concat(parts), depth);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function valueOf(plan: MessagePlan, fields: { readonly [name: string]: unknown }): unknown {
  switch (plan.form) {
    case "object":
      return fields;
    case "entry":
      return { ...fields, value: fields["value"] ?? emptyOf(plan.fields[1]?.value) };
    case "nullable":
      return fields["value"] ?? null;
    case "wrapper":
      return fields["value"];
    case "items":
      return fields["items"];
    case "timestamp":
      // Its plan has these fields, and zeros for what is not there.
      return readDate(fields["seconds"] as number, fields["nanos"] as number);
    default:
      return jsonOfFields(plan.form, fields);
  }
}

/** What the value of a map is when only its key was written. */
function emptyOf(plan: Plan | undefined): unknown {
  if (!plan) return undefined;
  return plan.type === "scalar" ? plan.zero() : readMessage(plan, new Uint8Array(), 1);
}
