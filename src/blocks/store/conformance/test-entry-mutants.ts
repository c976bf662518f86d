/**
 * Drivers that break one promise about entries each, as changes of an honest table, with the case that catches each.
 */
import type { Mutant } from "../../../testing/mutants.ts";
import type { Entry } from "../index.ts";
import { methodsOf, type TableChange } from "./test-changed-store.ts";

export const entryMutants: readonly Mutant<TableChange>[] = [
  {
    breaks: "put() loses a write over one that is there",
    caught: "get() returns what put() wrote last, and undefined where nothing is",
    change: (honest) => ({
      put: async (key, value, options) =>
        (await honest.get(key))?.revision ?? honest.put(key, value, options),
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
  {
    breaks: "put() that loses a race says nothing of it",
    caught: "put() with expectedRevision writes only in the place of that entry",
    change: (honest) => ({
      put: async (key, value, options) => {
        const written = honest.put(key, value, options);
        return written.catch(async () => (await honest.get(key))?.revision ?? 0);
      },
    }),
  },
  {
    breaks: "put() of the same value writes nothing",
    caught: "an entry has the revision of the write that made it",
    change: (honest) => ({
      put: async (key, value, options) => {
        const entry = await honest.get(key);
        const isSame = entry && Buffer.from(value).equals(entry.value);
        return isSame ? entry.revision : honest.put(key, value, options);
      },
    }),
  },
  {
    breaks: "put() leaves an entry the time that it had",
    caught: "put() over an entry with a time sets its time anew, or none",
    change: (honest) => ({
      put: async (key, value, options) => {
        const { ttlMs = options?.ttlMs } = (await honest.get(key)) ?? {};
        return honest.put(key, value, { ...options, ttlMs });
      },
    }),
  },
  {
    breaks: "put() goes on after a signal that has fired",
    caught: "every method rejects with the reason of a signal that has fired, and does nothing",
    change: (honest) => ({
      put: (key, value, options) => honest.put(key, value, { ...options, signal: undefined }),
    }),
  },
  {
    breaks: "text is made well-formed on the way",
    caught: "text with half a surrogate pair is refused, instead of becoming another key",
    change: (honest) => ({
      put: (key, value, options) => {
        return honest.put(typeof key === "string" ? key.toWellFormed() : key, value, options);
      },
    }),
  },
  {
    breaks: "get() gives out what it keeps",
    caught: "what goes in and what comes out share nothing with the caller",
    change: (honest) => {
      const kept = new Map<string, Entry>();
      return {
        get: async (key, options) => {
          const entry = await honest.get(key, options);
          const before = kept.get(String(key));
          if (entry) kept.set(String(key), before?.revision === entry.revision ? before : entry);
          return entry && kept.get(String(key));
        },
      };
    },
  },
  {
    breaks: "get() does not say how much of its time an entry has left",
    caught: "an entry says how much of its time is left",
    change: (honest) => ({
      get: async (key, options) => {
        const { ttlMs: _, ...entry } = (await honest.get(key, options)) ?? {};
        return "key" in entry ? (entry as Entry) : undefined;
      },
    }),
  },
];

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
