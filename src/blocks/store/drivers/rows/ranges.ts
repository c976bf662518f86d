/** Parts of a table, where keys are compared as bytes. */
import type { ListQuery } from "../../contract.ts";
import { keyBytesMax } from "../../index.ts";
import { keyOfCursor } from "./page.ts";

/** Which keys are meant. */
interface AskedRange {
  readonly prefix?: Uint8Array | undefined;
  readonly order?: ListQuery["order"];
  readonly cursor?: string;
}

/** From the first up to, without, the other. */
export function rangeOf({
  prefix = new Uint8Array(),
  order,
  cursor,
}: AskedRange): [Buffer, Buffer] {
  const from = Buffer.from(prefix);
  // Longer than any key, so that none is equal to it.
  const to = Buffer.concat([prefix, Buffer.alloc(keyBytesMax + 1 - prefix.length, 0xff)]);
  if (cursor === undefined) return [from, to];
  const place = Buffer.from(keyOfCursor(cursor));
  if (order === "descending") return [from, Buffer.compare(place, to) < 0 ? place : to];
  const behind = Buffer.concat([place, Buffer.alloc(1)]);
  return [Buffer.compare(behind, from) > 0 ? behind : from, to];
}
