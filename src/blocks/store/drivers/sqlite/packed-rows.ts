/**
 * What has become of keys, as one block of bytes: the form in which rows are kept in the history and in the overlay,
 * and in which they reach the writer's thread. Hundreds of rows are one value of SQLite, one copy between threads, and
 * nothing that the collector of garbage has to look at.
 *
 * For each row: one byte that says what it has; the revision; the length of the key; if it is not that of the row
 * before, the place; the key; the value, unless the key is gone; the time at which it expires, if it does.
 */
import { sizeOf } from "../rows/keys.ts";

/** What a write has made of one key. */
export interface ChangedRow {
  /** By `nameOf`. */
  readonly place: string;
  readonly key: Uint8Array;
  /** Null: it is gone. */
  readonly value: Uint8Array | null;
  readonly revision: number;
  readonly expiresMs: number | null;
}

const has = { place: 1, value: 2, expiry: 4 } as const;

/** The byte, the revision, and the length of the key. */
const headBytes = 1 + 8 + 2;
const valueLengthBytes = 4;
const timeBytes = 8;

/** A place is at most two names of 63 letters and a space: its length is one byte, and each letter too. */
const placeLengthBytes = 1;

export function packRows(rows: readonly ChangedRow[]): Uint8Array<ArrayBuffer> {
  const block = Buffer.allocUnsafeSlow(packedBytes(rows));
  const view = new DataView(block.buffer);
  let at = 0;
  let placeBefore: string | undefined;
  for (const { place, key, value, revision, expiresMs } of rows) {
    const isElsewhere = place !== placeBefore;
    const expires = expiresMs !== null;
    block[at] =
      (isElsewhere ? has.place : 0) | (value ? has.value : 0) | (expires ? has.expiry : 0);
    view.setFloat64(at + 1, revision);
    view.setUint16(at + 9, key.length);
    at += headBytes;
    if (isElsewhere) {
      block[at] = place.length;
      at += placeLengthBytes + block.write(place, at + placeLengthBytes, "latin1");
      placeBefore = place;
    }
    block.set(key, at);
    at += key.length;
    if (value) {
      view.setUint32(at, value.length);
      block.set(value, at + valueLengthBytes);
      at += valueLengthBytes + value.length;
    }
    if (expires) {
      view.setFloat64(at, expiresMs);
      at += timeBytes;
    }
  }
  return block;
}

/** What a row counts for where bytes are limited. */
export function rowBytes({ key, value }: ChangedRow): number {
  return value ? sizeOf({ key, value }) : key.length;
}

function packedBytes(rows: readonly ChangedRow[]): number {
  let bytes = 0;
  let placeBefore: string | undefined;
  for (const { place, key, value, expiresMs } of rows) {
    bytes += headBytes + key.length;
    if (value) bytes += valueLengthBytes + value.length;
    if (expiresMs !== null) bytes += timeBytes;
    if (place !== placeBefore) bytes += placeLengthBytes + place.length;
    placeBefore = place;
  }
  return bytes;
}

/** Reads rows where they lie, each by where it begins. */
export class RowBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  keyAt(at: number): number {
    const keyAt = at + headBytes;
    if (!this.#has(at, has.place)) return keyAt;
    return keyAt + placeLengthBytes + this.#view.getUint8(keyAt);
  }

  keyEnd(at: number): number {
    return this.keyAt(at) + this.#view.getUint16(at + 9);
  }

  /** Where the next row begins. */
  end(at: number): number {
    return this.#valueEnd(at) + (this.#has(at, has.expiry) ? timeBytes : 0);
  }

  /** Undefined where it is that of the row before. */
  place(at: number): string | undefined {
    if (!this.#has(at, has.place)) return undefined;
    const from = at + headBytes + placeLengthBytes;
    const { buffer, byteOffset } = this.bytes;
    return Buffer.from(buffer, byteOffset + from, this.keyAt(at) - from).toString("latin1");
  }

  revision(at: number): number {
    return this.#view.getFloat64(at + 1);
  }

  expiresMs(at: number): number | null {
    return this.#has(at, has.expiry) ? this.#view.getFloat64(this.#valueEnd(at)) : null;
  }

  /** Its key and its value are parts of the block. */
  row(at: number, place: string): ChangedRow {
    const keyEnd = this.keyEnd(at);
    const value = this.#has(at, has.value)
      ? this.bytes.subarray(keyEnd + valueLengthBytes, this.#valueEnd(at))
      : null;
    const key = this.bytes.subarray(this.keyAt(at), keyEnd);
    return { place, key, value, revision: this.revision(at), expiresMs: this.expiresMs(at) };
  }

  #valueEnd(at: number): number {
    const keyEnd = this.keyEnd(at);
    if (!this.#has(at, has.value)) return keyEnd;
    return keyEnd + valueLengthBytes + this.#view.getUint32(keyEnd);
  }

  #has(at: number, what: number): boolean {
    return (this.#view.getUint8(at) & what) !== 0;
  }
}

export function unpackRows(bytes: Uint8Array<ArrayBuffer>): ChangedRow[] {
  const block = new RowBlock(bytes);
  const rows: ChangedRow[] = [];
  let place = "";
  for (let at = 0; at < bytes.length; at = block.end(at)) {
    place = block.place(at) ?? place;
    rows.push(block.row(at, place));
  }
  return rows;
}
