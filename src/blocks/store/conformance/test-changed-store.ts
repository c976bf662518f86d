/** What the mutants are made of: an honest store in memory, of which some things are others. */
import { leavable, type Mutant } from "../../../testing/mutants.ts";
import type { OpenStore, ReopenOptions, StoreUnderTest } from "../conformance.ts";
import { openTestMemory } from "../drivers/memory/test-store.ts";
import type { Database, Store, StoreLimits, Table, WatchEvent, WatchOptions } from "../index.ts";

/** What a mutant does otherwise than the honest store. */
export interface StoreChange {
  readonly limits?: (limits: StoreLimits) => StoreLimits;
  readonly survives?: (honest: Store) => Store["survives"];
  readonly tables?: (honest: Database) => Database["tables"];
  readonly table?: TableChange;
  readonly restart?: RestartChange;
}

/** What a mutant does otherwise than the honest table. */
export type TableChange = (honest: Table, store: Store) => Partial<Table>;

/** What a mutant does otherwise than a store that keeps everything while it is closed. */
export interface RestartChange {
  /** How much of its time passes. */
  readonly passedMs?: (options: Required<ReopenOptions>) => number;
  readonly lose?: (store: Store) => Promise<unknown>;
  /** Of the tables as they are from then on. */
  readonly table?: TableChange;
}

/** A mutant of its tables. */
export function ofTables({ change, ...mutant }: Mutant<TableChange>): Mutant<StoreChange> {
  return { ...mutant, change: { table: change } };
}

/** A store with these changes. It is opened again by letting time pass: memory has nothing to read again. */
export function openChanged(change: StoreChange = {}): OpenStore {
  return async (limits = {}) => {
    const honest = await openTestMemory(change.limits?.(limits) ?? limits);
    const underTest = (table: TableChange | undefined): StoreUnderTest => ({
      ...honest,
      store: changed(honest.store, { ...change, ...(table && { table }) }),
      async reopen(options) {
        const { passedMs = honestlyPassedMs, lose, table: then } = change.restart ?? {};
        const { offMs = 0, wallJumpMs = 0, reboot = false } = options ?? {};
        await honest.advance(passedMs({ offMs, wallJumpMs, reboot }));
        await lose?.(honest.store);
        return underTest(then);
      },
    });
    return underTest(change.table);
  };
}

/** Of the time that the machine is off the wall clock alone knows. */
function honestlyPassedMs({ offMs, wallJumpMs, reboot }: Required<ReopenOptions>): number {
  return reboot ? Math.max(0, offMs + wallJumpMs) : offMs;
}

function changed(honest: Store, { survives, tables, table }: StoreChange): Store {
  const known = new Map<string, Table>();
  // One for each name, because some changes remember what they have seen.
  function tableOf(database: string, name: string): Table {
    const key = `${database}/${name}`;
    const one = honest.database(database).table(name);
    const made = known.get(key) ?? { ...methodsOf(one), ...table?.(one, honest) };
    known.set(key, made);
    return made;
  }
  return {
    survives: survives?.(honest) ?? ((options) => honest.survives(options)),
    database(name) {
      const database = honest.database(name);
      return {
        tables: tables?.(database) ?? ((options) => database.tables(options)),
        table: (table) => tableOf(name, table),
      };
    },
  };
}

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

type Retell = (
  events: AsyncIterable<WatchEvent>,
  honest: Table,
  options: WatchOptions,
) => AsyncIterable<WatchEvent>;

/** A table whose watches tell what `retell` makes of the honest events. */
export function watching(retell: Retell): TableChange {
  return (honest) => ({
    watch: (options = {}) =>
      leavable(options.signal, (signal) => {
        const leaving = { ...options, signal };
        return retell(honest.watch(leaving), honest, leaving);
      }),
  });
}

/** A table whose watches tell these events alone. */
export function retold(isTold: (event: WatchEvent) => boolean): TableChange {
  return watching(async function* (events) {
    for await (const event of events) if (isTold(event)) yield event;
  });
}
