/**
 * Many values as one: lists as PostgreSQL reads them, so that a statement is the same for one row and for a thousand.
 */

/** A `bytea[]`. */
export function bytesList(list: readonly (Uint8Array | undefined)[]): string {
  const items = list.map((bytes) =>
    bytes ? `"\\\\x${Buffer.from(bytes).toString("hex")}"` : "NULL",
  );
  return `{${items.join(",")}}`;
}

/** A `bigint[]` or `integer[]`. */
export function numbersList(list: readonly (number | undefined)[]): string {
  return `{${list.map((number) => number ?? "NULL").join(",")}}`;
}

/** Bytes that are the caller's own: what the library gives out may be part of a larger buffer. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
