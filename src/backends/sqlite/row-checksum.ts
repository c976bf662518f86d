/**
 * A checksum for a row, in a column of its own: SQLite notices a broken tree, not a flipped bit in a value.
 *
 * ```ts
 * db.run("INSERT INTO entry VALUES (?, ?, ?, ?)", key, value, revision, rowChecksum(key, value, revision));
 * ```
 */
import { crc32 } from "node:zlib";
import type { SqlValue } from "./statements.ts";

/** CRC-32 of the fields in their order, each with its type and length: moving a byte between two fields shows. */
export function rowChecksum(...fields: readonly SqlValue[]): number {
  let sum = 0;
  for (const field of fields) {
    if (field === null) sum = crc32("n", sum);
    else if (ArrayBuffer.isView(field)) sum = crc32(field, crc32(`b${field.byteLength}:`, sum));
    else {
      const text = String(field);
      sum = crc32(text, crc32(`${(typeof field)[0]}${text.length}:`, sum));
    }
  }
  return sum;
}
