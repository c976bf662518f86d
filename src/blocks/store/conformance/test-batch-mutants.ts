/** Drivers that break one promise about batches or deleting each, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import { batchOperationsMax } from "../index.ts";
import type { TableChange } from "./test-changed-store.ts";

export const batchMutants: readonly Mutant<TableChange>[] = [
  {
    breaks: "delete() deletes nothing, and says it did",
    caught: "delete() says whether the entry was there",
    change: (honest) => ({ delete: async (key) => (await honest.get(key)) !== undefined }),
  },
  {
    breaks: "delete() of what is not there is a write",
    caught: "a write that changes nothing is not told, and resolves with the present revision",
    change: (honest) => ({
      delete: async (key, options) => {
        if (await honest.delete(key, options)) return true;
        await honest.put(key, "");
        await honest.delete(key);
        return false;
      },
    }),
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
    breaks: "delete() does not look at expectedRevision",
    caught: "delete() with expectedRevision deletes only that entry",
    change: (honest) => ({ delete: (key) => honest.delete(key) }),
  },
  {
    breaks: "batch() leaves out its last write",
    caught: "batch() does all of its writes, with one revision",
    change: (honest) => ({ batch: (operations) => honest.batch(operations.slice(0, -1)) }),
  },
  {
    breaks: "batch() is seen half done",
    caught: "a page is of one moment: it shows all of a batch, or nothing",
    change: (honest) => ({
      batch: async (operations) => {
        const half = Math.ceil(operations.length / 2);
        await honest.batch(operations.slice(0, half));
        return honest.batch(operations.slice(half));
      },
    }),
  },
  {
    breaks: "batch() takes more than batchOperationsMax",
    caught:
      "batch() refuses too many, too large, twice the same key and what is no operation, as a whole",
    change: (honest) => ({
      batch: async (operations) => {
        await honest.batch(operations.slice(0, batchOperationsMax));
        return honest.batch(operations.slice(batchOperationsMax));
      },
    }),
  },
  {
    breaks: "each table counts its own revisions",
    caught: "every write has a higher revision than all before it, in whichever table",
    change: (honest) => {
      let revision = 0;
      return {
        put: (...given) => honest.put(...given).then(() => ++revision),
        batch: (...given) => honest.batch(...given).then(() => ++revision),
      };
    },
  },
  {
    breaks: "put() looks up its revision when others may have written",
    caught: "writes at once have revisions of their own, and a watch sees them in that order",
    change: (honest) => ({
      put: async (key, value, options) => {
        await honest.put(key, value, options);
        return (await honest.get(key))?.revision ?? 0;
      },
    }),
  },
  {
    breaks: "tablesMax is no limit",
    caught: "a database has at most tablesMax tables, and another one when one is empty",
    change: (honest) => ({
      put: (key, value, options) => honest.put(key, value, options).catch(() => 1),
    }),
  },
];
