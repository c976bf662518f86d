/** Drivers that take what they should refuse, or keep something else than they were given. */
import type { Mutant } from "../../../testing/mutants.ts";
import { listLimitMax } from "../index.ts";
import type { TableChange } from "./test-changed-store.ts";

const impossible = "times, revisions and limits that cannot be are refused";

export const valueMutants: readonly Mutant<TableChange>[] = [
  {
    breaks: "text means its Latin-1",
    caught: "text means its UTF-8, as a key and as a value",
    change: (honest) => ({
      put: (key, value, options) => {
        const bytes = typeof key === "string" ? Buffer.from(key, "latin1") : key;
        return honest.put(bytes, value, options);
      },
    }),
  },
  {
    breaks: "put() takes an empty value for none",
    caught: "put() keeps a large value as it is, and an empty one",
    change: (honest) => ({
      put: async (key, value, options) => {
        if (value.length > 0) return honest.put(key, value, options);
        return honest.batch([{ kind: "delete", key }]);
      },
    }),
  },
  {
    breaks: "put() keeps the first half of a large value",
    caught: "put() keeps a large value as it is, and an empty one",
    change: (honest) => ({
      put: (key, value, options) => honest.put(key, value.slice(0, 500_000), options),
    }),
  },
  {
    breaks: "a table that cannot be is an empty one",
    caught: "names of databases and tables that services could not have are refused",
    change: (honest) => ({
      get: (key, options) => honest.get(key, options).catch(() => undefined),
    }),
  },
  {
    breaks: "list() takes the nearest limit that can be",
    caught: impossible,
    change: (honest) => ({
      list: ({ limit = 100, ...options } = {}) => {
        const nearest = Math.min(listLimitMax, Math.max(1, Math.round(limit)));
        return honest.list({ ...options, limit: nearest });
      },
    }),
  },
  {
    breaks: "put() takes no time for a short one",
    caught: impossible,
    change: (honest) => ({
      put: (key, value, options = {}) =>
        honest.put(key, value, { ...options, ttlMs: options.ttlMs && Math.max(1, options.ttlMs) }),
    }),
  },
  {
    breaks: "delete() of what has expired says it was there",
    caught: "an entry whose time is over counts as none: for conditions, deleting and tables()",
    change: (honest) => {
      const kept = new Set<string>();
      return {
        put: (key, value, options) => {
          kept.add(String(key));
          return honest.put(key, value, options);
        },
        delete: async (key, options) => {
          const deleted = await honest.delete(key, options);
          return kept.delete(String(key)) || deleted;
        },
      };
    },
  },
  {
    breaks: "a time is kept in 31 bits",
    caught: "a time of many days neither ends at once nor is forgotten",
    change: (honest) => ({
      put: (key, value, options = {}) => {
        const { ttlMs } = options;
        return honest.put(key, value, { ...options, ttlMs: ttlMs && ttlMs % 2 ** 31 });
      },
    }),
  },
];
