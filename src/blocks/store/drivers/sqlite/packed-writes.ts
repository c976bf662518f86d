/** Writes as one list of values: the form in which a unit of work reaches the writer's thread. */
import type { SqlValue } from "../../../../backends/sqlite/statements.ts";
import type { Write } from "../../contract.ts";
import { nameOf, type Place } from "../rows/keys.ts";

/** Behind the place, four for each write: key, value, time to live, expected revision; null for what is not there. */
const fieldsOfWrite = 4;

export function packWrites(place: Place, writes: readonly Write[]): SqlValue[] {
  const packed: SqlValue[] = [nameOf(place)];
  for (const { key, value = null, ttlMs = null, expectedRevision = null } of writes) {
    packed.push(key, value, ttlMs, expectedRevision);
  }
  return packed;
}

/** Whose writes these are, as `nameOf` has it. */
export function placeOf(packed: readonly SqlValue[]): string {
  // What `packWrites` put there.
  return packed[0] as string;
}

export function unpackWrites(packed: readonly SqlValue[]): { place: string; writes: Write[] } {
  const writes: Write[] = [];
  for (let at = 1; at < packed.length; at += fieldsOfWrite) {
    // What `packWrites` put there.
    const [key, value, ttlMs, expectedRevision] = packed.slice(at, at + fieldsOfWrite) as [
      Uint8Array,
      Uint8Array | null,
      number | null,
      number | null,
    ];
    writes.push({
      key,
      ...(value !== null && { value }),
      ...(ttlMs !== null && { ttlMs }),
      ...(expectedRevision !== null && { expectedRevision }),
    });
  }
  return { place: placeOf(packed), writes };
}
