/** Drivers that break one promise about pages each, as changes of an honest table, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { Entry, Page, Table } from "../index.ts";
import { listAll } from "./fixture.ts";
import type { TableChange } from "./test-changed-store.ts";

const walk = "a walk over pages finds what stays exactly once, and what comes or goes at most once";

export const listMutants: readonly Mutant<TableChange>[] = [
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
  {
    breaks: "list() takes its prefix for a pattern",
    caught: "list() keeps to a prefix, whatever its bytes are",
    change: (honest) => ({
      list: (options) => {
        const prefix = options?.prefix === undefined ? "" : Buffer.from(options.prefix).toString();
        if (!/[%*_?]/.test(prefix)) return honest.list(options);
        return honest.list({ ...options, prefix: prefix.replace(/[%*_?].*$/s, "") });
      },
    }),
  },
  {
    breaks: "list() does not look at the suffix",
    caught: "list() keeps to a suffix, also together with a prefix",
    change: (honest) => ({ list: (options) => honest.list({ ...options, suffix: undefined }) }),
  },
  {
    breaks: "list() walks on until it has found something",
    caught: "list() walks over at most listScanMax keys for one page, and says where to go on",
    change: (honest) => ({
      list: async (options) => {
        let page = await honest.list(options);
        while (page.items.length === 0 && page.cursor !== undefined) {
          page = await honest.list({ ...options, cursor: page.cursor });
        }
        return page;
      },
    }),
  },
  {
    breaks: "list() leaves out the first entry of each page but the first",
    caught: "list() gives a cursor while there is more, and none with the last page",
    change: (honest) => ({
      list: async (options) => {
        const page = await honest.list(options);
        return options?.cursor === undefined ? page : { ...page, items: page.items.slice(1) };
      },
    }),
  },
  {
    breaks: "list() fills its page however large that becomes",
    caught: "list() ends a page before it becomes too large for one message",
    change: (honest) => ({ list: async (options) => ({ items: await listAll(honest, options) }) }),
  },
];

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
