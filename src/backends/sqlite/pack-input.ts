/**
 * Makes an input ready for the way to the writer, and weighs it.
 *
 * Structured clone copies the whole buffer below a view: a value of 10 bytes that was cut out of a frame of 64 KiB
 * would take the frame along. So such views become copies of their own.
 */

export interface PackedInput {
  readonly input: unknown;
  /** About what it takes in memory. */
  readonly bytes: number;
}

/** What an object, a field or a number takes, roughly: only the order of magnitude matters for a limit. */
const fieldBytes = 16;

export function packInput(input: unknown): PackedInput {
  let bytes = 0;
  const packed = pack(input);
  return { input: packed, bytes };

  function pack(value: unknown): unknown {
    bytes += fieldBytes;
    if (typeof value === "string") bytes += 2 * value.length;
    if (typeof value !== "object" || value === null) return value;
    if (ArrayBuffer.isView(value)) {
      bytes += value.byteLength;
      // Whatever kind of view it is, SQLite takes its bytes.
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
    }
    if (Array.isArray(value)) return value.map(pack);
    const copy: { [field: string]: unknown } = {};
    for (const [field, inside] of Object.entries(value)) copy[field] = pack(inside);
    return copy;
  }
}
