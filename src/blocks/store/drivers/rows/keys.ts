/**
 * Keys as what they are compared, found and counted by, and places: a table of a database, as a `Place` or, in rows and
 * columns, by its name alone.
 */

/** Whose table is meant. */
export interface Place {
  readonly database: string;
  readonly table: string;
  /** By `nameOf`; made once, because each write asks for it. */
  readonly name: string;
}

export function placeOf(database: string, table: string): Place {
  return { database, table, name: nameOf({ database, table }) };
}

/** One name for the two; neither has a space in it. */
export function nameOf({ database, table }: Omit<Place, "name">): string {
  return `${database} ${table}`;
}

/** The two of one name. */
export function placeNamed(name: string): Place {
  const [database = "", table = ""] = name.split(" ");
  return { database, table, name };
}

/** Bytes as a text whose code units are these bytes: such texts have the order of the bytes. */
export function orderOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** One text for a key in its place, to find it by in a map; no place, as `nameOf` says it, has a line break. */
export function keyName(place: string, key: Uint8Array): string {
  return `${place}\n${orderOf(key)}`;
}

/** Behind every key that begins with `order`, because no byte is as large. */
export function behind(order: string): string {
  return `${order}\u0100`;
}

/** What an entry or a change counts for where bytes are limited. */
export function sizeOf(entry: { readonly key: Uint8Array; readonly value?: Uint8Array }): number {
  return entry.key.length + (entry.value?.length ?? 0);
}
