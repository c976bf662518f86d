/**
 * As much of protobuf's wire format as a status needs: it must be there for errors of every contract, in browsers too,
 * and before any codec was made.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

const utf8 = new TextEncoder();

/** Writes fields one after the other; zeros and empty texts are what absence means, and are not written. */
export class ProtoWriter {
  readonly #parts: Uint8Array[] = [];

  number(field: number, value: number): void {
    if (value !== 0) this.#parts.push(varint(field << 3), varint(value));
  }

  text(field: number, value: string): void {
    if (value !== "") this.bytes(field, utf8.encode(value));
  }

  /** A message is there even when it is empty. */
  bytes(field: number, value: Uint8Array): void {
    this.#parts.push(varint((field << 3) | 2), varint(value.length), value);
  }

  done(): Uint8Array {
    const bytes = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

/** One field that holds a text, bytes or a message. */
export interface ProtoField {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** More than this is no status. */
const fieldsMax = 256;

/** The fields of a message that have a length; reading ends where the bytes are no protobuf. */
export function readProto(bytes: Uint8Array): ProtoField[] {
  const fields: ProtoField[] = [];
  let at = 0;

  function take(): number {
    let value = 0;
    for (let shift = 0; shift < 35 && at < bytes.length; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  }
  while (at < bytes.length && fields.length < fieldsMax) {
    const tag = take();
    const kind = tag % 8;
    if (kind === 0) take();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = take();
      if (!(at + length <= bytes.length)) break;
      fields.push({ number: Math.floor(tag / 8), bytes: bytes.subarray(at, at + length) });
      at += length;
    } else break;
  }
  return fields;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
