/**
 * Namespaces on a table of the store: all that is known of them is there, so that several platforms on one store have
 * the same. Nothing but this driver may write into that table.
 */
import { type Clock, systemClock } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import type { Table } from "../../store/index.ts";
import { parseChange, parseDeletion, parseName, parseNewNamespace } from "../contract.ts";
import { type Holdings, type Namespace, type Namespaces, pageItems } from "../index.ts";
import {
  changed,
  firstNames,
  refuseBase,
  refuseFirst,
  refuseInUse,
  refuseMore,
} from "./store/changes.ts";
import { Records } from "./store/records.ts";
import { watchNamespaces } from "./store/watch.ts";

/** Where they are kept, and what the other blocks do for them. */
export interface StoreNamespacesOptions {
  /** Of the platform's own database. */
  readonly table: Table;
  readonly holdings: Holdings;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Resolves when the first two are there. */
export async function openStoreNamespaces(options: StoreNamespacesOptions): Promise<Namespaces> {
  const { table, holdings, clock = systemClock } = options;
  const records = new Records(table);
  const createdMs = Math.floor(clock.wallMs());
  await records.change((all) => {
    const missing = firstNames.filter((name) => !all.has(name));
    return { put: missing.map((name) => ({ name, quotas: {}, createdMs })) };
  });

  return {
    async create(given, { signal } = {}) {
      const { name, base, quotas = {} } = parseNewNamespace(given);
      const createdAtMs = Math.floor(clock.wallMs());
      const made: Namespace = {
        name,
        ...(base !== undefined && { base }),
        quotas,
        createdMs: createdAtMs,
      };
      const check = (all: ReadonlyMap<string, Namespace>) => {
        if (all.has(name)) throw alreadyThere(name);
        refuseMore(all);
        refuseBase(made, all);
        return { put: [made] };
      };
      check(await records.all(signal));
      await holdings.begin(name, { signal });
      if (base !== undefined) await holdings.admit(name, base, { signal });
      await records.change(check, signal);
      return made;
    },
    get: async (given, { signal } = {}) => records.get(parseName({ name: given }).name, signal),
    list: ({ cursor, signal } = {}) => records.page({ limit: pageItems, cursor, signal }),
    async change(given, change, { signal } = {}) {
      const { name, ...parsed } = parseChange({
        ...change,
        name: given,
        without: change.without && [...change.without],
      });
      const before = (await records.get(name, signal)) ?? missing(name);
      const { base } = changed(before, parsed);
      if (base !== undefined) {
        refuseBase(changed(before, parsed), await records.all(signal));
        await holdings.admit(name, base, { signal });
      }
      let after = before;
      await records.change((all) => {
        after = changed(all.get(name) ?? missing(name), parsed);
        refuseBase(after, all);
        return { put: [after] };
      }, signal);
      const left = before.base;
      if (left !== undefined && left !== after.base) await holdings.dismiss(name, left, { signal });
      return after;
    },
    async delete(given, { force: isForced, signal } = {}) {
      const { name, force } = parseDeletion({ name: given, force: isForced });
      refuseFirst(name, "delete");
      const all = await records.all(signal);
      const before = all.get(name);
      if (!before) return false;
      refuseInUse(name, all, force ? [] : await holdings.contents(name, { signal }));
      await holdings.clear(name, { signal });
      if (before.base !== undefined) await holdings.dismiss(name, before.base, { signal });
      return records.change((now) => {
        refuseInUse(name, now, []);
        return now.has(name) ? { drop: [name] } : undefined;
      }, signal);
    },
    watch: ({ signal } = {}) => watchNamespaces(records, signal),
  };
}

function missing(name: string): never {
  throw new ReefError(
    "not_found",
    `Cannot find the namespace "${name}": there is none; "reef namespace list" lists those that are there`,
    { maybeExecuted: false },
  );
}

function alreadyThere(name: string): ReefError {
  const text = `Cannot create the namespace "${name}": it is there already; "reef namespace show ${name}" shows it`;
  return new ReefError("already_exists", text, { maybeExecuted: false });
}
