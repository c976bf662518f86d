/**
 * Units of work on their way to the writer's thread: one list of plain values and one block of bytes for all of them.
 *
 * Structured clone writes the name of every field of every object, and a buffer for every value of bytes: 7 us for a
 * unit with a key and a value, against 0.7 us in this form, which is more than what SQLite needs for the rest of it.
 */
import type { UnitRequest } from "./protocol.ts";
import type { SqlValue } from "./statements.ts";

/** What a unit is given: a list of values, or an object of them. What is undefined is left out. */
export type FlatInput =
  | undefined
  | readonly SqlValue[]
  | { readonly [field: string]: SqlValue | undefined };

/** Units of one name with the same fields; without fields their input is a list. */
interface Kind {
  readonly name: string;
  readonly fields?: readonly string[];
}

/** Copied to the other thread, but for `bytes`, which are handed over. */
export interface PackedUnits {
  readonly kinds: readonly Kind[];
  /** For each unit its kind, by index, and how many values it has; then these. Bytes are undefined here. */
  readonly values: readonly (Exclude<SqlValue, NodeJS.ArrayBufferView> | undefined)[];
  /** How long each value of bytes is; they stand one behind the other in `bytes`. */
  readonly lengths: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a value takes besides its bytes, roughly: only the order of magnitude matters for a limit. */
const valueBytes = 16;

/** About what an input takes in memory. */
export function weightOf(input: FlatInput): number {
  let bytes = 0;
  for (const value of valuesOf(input)) {
    bytes += valueBytes;
    if (typeof value === "string") bytes += 2 * value.length;
    else if (ArrayBuffer.isView(value)) bytes += value.byteLength;
  }
  return bytes;
}

export function packUnits(units: readonly UnitRequest[]): PackedUnits {
  const kinds: Kind[] = [];
  const values: (Exclude<SqlValue, NodeJS.ArrayBufferView> | undefined)[] = [];
  const views: NodeJS.ArrayBufferView[] = [];
  let size = 0;
  for (const { name, input } of units) {
    const own = valuesOf(input);
    values.push(kindOf(kinds, name, input), own.length);
    for (const value of own) {
      if (!ArrayBuffer.isView(value)) {
        values.push(value);
        continue;
      }
      values.push(undefined);
      views.push(value);
      size += value.byteLength;
    }
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of views) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return { kinds, values, lengths: views.map(({ byteLength }) => byteLength), bytes };
}

/** In the other thread: the units as they were, their bytes as views of one block. */
export function unpackUnits({ kinds, values, lengths, bytes }: PackedUnits): UnitRequest[] {
  const units: UnitRequest[] = [];
  let [at, view, offset] = [0, 0, 0];
  while (at < values.length) {
    // Written by `packUnits`: a kind and a count stand before the values of each unit.
    const { name, fields } = kinds[values[at++] as number] as Kind;
    const count = values[at++] as number;
    const own: SqlValue[] = [];
    for (let n = 0; n < count; n++) {
      const value = values[at++];
      if (value !== undefined) {
        own.push(value);
        continue;
      }
      const end = offset + (lengths[view++] as number);
      own.push(bytes.subarray(offset, end));
      offset = end;
    }
    units.push({ name, input: fields ? recordOf(fields, own) : own });
  }
  return units;
}

/**
 * What units have returned: for each how many values, then these; lists are taken apart, anything else is -1 and
 * itself.
 */
export type PackedOutputs = readonly unknown[];

/** One list within another is as dear as an object: 5 us for the three numbers of one unit. */
export function packOutputs(outputs: readonly unknown[]): PackedOutputs {
  const packed: unknown[] = [];
  for (const output of outputs) {
    if (Array.isArray(output)) packed.push(output.length, ...output);
    else packed.push(-1, output);
  }
  return packed;
}

export function unpackOutputs(packed: PackedOutputs): unknown[] {
  const outputs: unknown[] = [];
  for (let at = 0; at < packed.length;) {
    // Written by `packOutputs`.
    const length = packed[at++] as number;
    if (length === -1) outputs.push(packed[at++]);
    else outputs.push(packed.slice(at, (at += length)));
  }
  return outputs;
}

function valuesOf(input: FlatInput): readonly SqlValue[] {
  if (input === undefined) return [];
  if (isList(input)) return input;
  return Object.values(input).filter((value) => value !== undefined);
}

/** Few, so that looking through them costs less than a map of them. */
function kindOf(kinds: Kind[], name: string, input: FlatInput): number {
  const fields = input === undefined || isList(input) ? undefined : fieldsOf(input);
  const known = kinds.findIndex((kind) => kind.name === name && sameFields(kind.fields, fields));
  if (known !== -1) return known;
  return kinds.push({ name, ...(fields && { fields }) }) - 1;
}

function isList(input: NonNullable<FlatInput>): input is readonly SqlValue[] {
  return Array.isArray(input);
}

function fieldsOf(input: { readonly [field: string]: SqlValue | undefined }): string[] {
  return Object.keys(input).filter((field) => input[field] !== undefined);
}

function sameFields(one: readonly string[] | undefined, other: readonly string[] | undefined) {
  if (one === other) return true;
  return one?.length === other?.length && Boolean(one?.every((field, n) => field === other?.[n]));
}

function recordOf(fields: readonly string[], values: readonly SqlValue[]): UnitRequest["input"] {
  return Object.fromEntries(fields.map((field, n) => [field, values[n]]));
}
