/** Drivers that break one promise each, as changes of an honest table, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { Entry, Page, Store, Table } from "../index.ts";

/** What a mutant does otherwise than the honest table. */
export type TableChange = (honest: Table, store: Store) => Partial<Table>;

const walk = "a walk over pages finds what stays exactly once, and what comes or goes at most once";

const writeMutants: readonly Mutant<TableChange>[] = [
  {
    breaks: "put() loses a write over one that is there",
    caught: "get() returns what put() wrote last, and undefined where nothing is",
    change: (honest) => ({
      put: async (key, value, options) =>
        (await honest.get(key))?.revision ?? honest.put(key, value, options),
    }),
  },
  {
    breaks: "delete() deletes nothing, and says it did",
    caught: "delete() says whether the entry was there",
    change: (honest) => ({ delete: async (key) => (await honest.get(key)) !== undefined }),
  },
  {
    breaks: "batch() does one after the other",
    caught: "batch() does nothing when one entry is not the expected one",
    change: (honest) => ({
      batch: async (operations) => {
        let revision = 0;
        for (const each of operations) revision = await honest.batch([each]);
        return revision;
      },
    }),
  },
  {
    breaks: "put() does not look at expectedRevision",
    caught: "put() with expectedRevision writes only in the place of that entry",
    change: (honest) => ({
      put: (key, value, options) =>
        honest.put(key, value, { ...options, expectedRevision: undefined }),
    }),
  },
  {
    breaks: "put() looks at the revision first and writes later",
    caught: "of those who expect the same revision one wins, so that no count is lost",
    change: (honest) => ({
      put: async (key, value, options) => {
        const entry = await honest.get(key);
        const { expectedRevision = entry?.revision ?? 0 } = options ?? {};
        if ((entry?.revision ?? 0) !== expectedRevision) return honest.put(key, value, options);
        return honest.put(key, value);
      },
    }),
  },
  {
    breaks: "put() says it has written what it refuses",
    caught: "keys and values may be as long as the limits, and no longer",
    change: (honest) => ({
      put: (key, value, options) => honest.put(key, value, options).catch(() => 1),
    }),
  },
  {
    breaks: "keys are kept as text",
    caught: "keys and values are any bytes, and every key is another one",
    change: (honest) => ({
      put: (key, value, options) => honest.put(textual(key), value, options),
      get: (key, options) => honest.get(textual(key), options),
    }),
  },
  {
    breaks: "all databases are one",
    caught: "databases and tables are kept apart",
    change: (_, store) => methodsOf(store.database("one").table("one")),
  },
  {
    breaks: "entries go a millisecond too early",
    caught: "an entry is there until its time is over, and gone then",
    change: (honest) => ({
      put: (key, value, options) => honest.put(key, value, shifted(options, -1)),
    }),
  },
  {
    breaks: "entries go a millisecond too late",
    caught: "an entry is there until its time is over, and gone then",
    change: (honest) => ({
      put: (key, value, options) => honest.put(key, value, shifted(options, 1)),
    }),
  },
  {
    breaks: "get() answers from a copy that is one look old",
    caught: "what 8 clients saw could have happened in some order, one after the other",
    change: (honest) => {
      const looks = new Map<string, Entry | undefined>();
      return {
        get: async (key, options) => {
          const before = looks.get(String(key));
          const now = await honest.get(key, options);
          looks.set(String(key), now);
          return before ?? now;
        },
      };
    },
  },
];

const listMutants: readonly Mutant<TableChange>[] = [
  {
    breaks: "list() repeats the last entry of a page on the next one",
    caught: "list() gives a cursor while there is more, and none with the last page",
    change: (honest) => ({
      list: async (options) => {
        const page = await honest.list(options);
        const before = page.items.at(-2);
        const cursor = page.cursor && before && Buffer.from(before.key).toString("base64url");
        return { ...page, ...(cursor !== undefined && { cursor }) };
      },
    }),
  },
  {
    breaks: "list() counts entries instead of remembering its place",
    caught: walk,
    change: (honest) => ({ list: (options) => byCounting(honest, options) }),
  },
  {
    breaks: "list() is in the order of characters",
    caught: "list() is in the order of the bytes of the keys, and backwards",
    change: (honest) => ({
      list: async (options) => {
        const { items, ...cursor } = await honest.list(options);
        const text = ({ key }: Entry) => Buffer.from(key).toString();
        return { ...cursor, items: items.toSorted((a, b) => (text(a) < text(b) ? -1 : 1)) };
      },
    }),
  },
  {
    breaks: "list() reads entry by entry",
    caught: "a page is of one moment: it shows all of a batch, or nothing",
    change: (honest) => ({
      list: async (options) => {
        const { items, ...cursor } = await honest.list(options);
        const again: Entry[] = [];
        for (const { key } of items)
          again.push((await honest.get(key)) ?? { key, value: key, revision: 0 });
        return { ...cursor, items: again };
      },
    }),
  },
];

/** All but those of watches. */
export const tableMutants: readonly Mutant<TableChange>[] = [...writeMutants, ...listMutants];

/** The methods of a table, to be changed one by one. */
export function methodsOf(table: Table): Table {
  return {
    get: (key, options) => table.get(key, options),
    put: (key, value, options) => table.put(key, value, options),
    delete: (key, options) => table.delete(key, options),
    batch: (operations, options) => table.batch(operations, options),
    list: (options) => table.list(options),
    watch: (options) => table.watch(options),
  };
}

function textual(key: Uint8Array | string): string {
  return Buffer.from(key).toString();
}

function shifted<O extends { readonly ttlMs?: number | undefined }>(
  options: O | undefined,
  byMs: number,
) {
  return options?.ttlMs === undefined
    ? options
    : { ...options, ttlMs: Math.max(1, options.ttlMs + byMs) };
}

async function byCounting(
  honest: Table,
  options: Parameters<Table["list"]>[0] = {},
): Promise<Page> {
  const { limit = 100, cursor = "0" } = options;
  const { items } = await honest.list({ ...options, limit: 1_000, cursor: undefined });
  const end = Number(cursor) + limit;
  const page = items.slice(Number(cursor), end);
  return { items: page, ...(items.length > end && { cursor: `${end}` }) };
}
