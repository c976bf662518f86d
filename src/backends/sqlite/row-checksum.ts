/**
 * A checksum for a row, in a column of its own: SQLite notices a broken tree, not a flipped bit in a value.
 *
 * ```ts
 * db.run("INSERT INTO entry VALUES (?, ?, ?, ?)", key, value, revision, rowChecksum(key, value, revision));
 * ```
 */
import { crc32 } from "node:zlib";
import type { SqlValue } from "./statements.ts";

/**
 * CRC-32 of all that is no bytes, with the type and length of every field, and then of the bytes: moving a byte between
 * two fields shows, and a row takes few calls.
 */
export function rowChecksum(...fields: readonly SqlValue[]): number {
  let head = "";
  for (const field of fields) {
    if (field === null) head += "n";
    else if (typeof field === "string") head += `s${field.length}:${field}`;
    else if (ArrayBuffer.isView(field)) head += `b${field.byteLength}:`;
    else head += `${(typeof field)[0]}${field}:`;
  }
  let sum = crc32(head);
  for (const field of fields) if (ArrayBuffer.isView(field)) sum = crc32(field, sum);
  return sum;
}
