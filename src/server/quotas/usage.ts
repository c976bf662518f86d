/** How much a database holds. */
import { type Bytes, type Database, listLimitMax } from "../../blocks/store/index.ts";

export interface Usage {
  keys: number;
  /** Of keys and values. */
  bytes: number;
}

/** One entry. */
export function usageOf({ key, value }: { readonly key: Bytes; readonly value: Bytes }): Usage {
  return { keys: 1, bytes: Buffer.byteLength(key) + Buffer.byteLength(value) };
}

/** All of it, page by page; and whether something of it will expire. */
export async function countDatabase(
  database: Database,
): Promise<Usage & { readonly expires: boolean }> {
  const counted = { keys: 0, bytes: 0, expires: false };
  for (const name of await database.tables()) {
    const table = database.table(name);
    let cursor: string | undefined;
    do {
      // One page after the other: each says where the next begins.
      // oxlint-disable-next-line no-await-in-loop
      const page = await table.list({ limit: listLimitMax, cursor });
      for (const entry of page.items) {
        counted.keys += 1;
        counted.bytes += usageOf(entry).bytes;
        counted.expires ||= entry.ttlMs !== undefined;
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return counted;
}
