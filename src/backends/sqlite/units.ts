/**
 * Units of work: what a driver does to its tables, as functions that run in the writer's thread.
 *
 * A driver puts them in a module of their own and exports the result of `defineUnits`. The main thread imports it for
 * the types, the writer imports it again by its URL for the code: nothing travels but names, inputs and outputs.
 *
 * ```ts
 * export const counterUnits = defineUnits(import.meta.url, {
 *   add(db, { name, by }: { name: string; by: number }): number {
 *     db.run("INSERT INTO counter VALUES (?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n", name, by);
 *     return Number(db.get("SELECT n FROM counter WHERE name = ?", name)?.n);
 *   },
 * });
 * ```
 */
import assert from "node:assert/strict";
import type { Reader, Writer } from "./statements.ts";

/**
 * One unit of work. It is synchronous, keeps nothing outside of the database, and undoes everything by throwing (a
 * `ReefError` reaches the caller as it is). It may be run twice, the first time in vain. The input is flat (see
 * `FlatInput`), the output is copied between threads: plain data and bytes.
 */
// `never`: a unit with any input is one of these.
export type Unit = (db: Writer, input: never) => unknown;

export type Units = { readonly [name: string]: Unit };

export type InputOf<U extends Unit> = Parameters<U>[1];

export type OutputOf<U extends Unit> = ReturnType<U>;

/** Looks at every row in the check of a file, and throws a `data_loss` at the first that is not as it was written. */
export type CheckRows = (db: Reader) => void;

/** By the version that they lead to: what SQL alone cannot do, right behind the statements of that migration. */
export type Conversions = { readonly [version: number]: (db: Writer) => void };

/** What a driver may add to its units. */
export interface UnitOptions {
  readonly checkRows?: CheckRows;
  readonly conversions?: Conversions;
}

/** A driver's units and the module that the writer loads them from. */
export class UnitModule<U extends Units = Units> {
  readonly url: string;
  readonly units: U;
  readonly checkRows: CheckRows | undefined;
  readonly conversions: Conversions;

  constructor(url: string, units: U, { checkRows, conversions = {} }: UnitOptions) {
    this.url = url;
    this.units = units;
    this.checkRows = checkRows;
    this.conversions = conversions;
  }
}

/** Call it once in a module, with `import.meta.url`, and export the result. */
export function defineUnits<U extends Units>(
  url: string,
  units: U,
  options: UnitOptions = {},
): UnitModule<U> {
  return new UnitModule(url, units, options);
}

/** In another thread: the units of the module at `url`. */
export async function loadUnits(url: string): Promise<UnitModule> {
  const module: { readonly [name: string]: unknown } = await import(url);
  const found = Object.values(module).find((value) => value instanceof UnitModule);
  assert(found !== undefined, `${url} exports no result of defineUnits()`);
  return found;
}
