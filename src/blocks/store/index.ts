/**
 * The store: keys with values, in order, in tables, in databases.
 *
 * Keys and values are any bytes within the limits below. They are given as bytes or as text, which means its UTF-8, and
 * come back as bytes: `textOf(entry.value)`, `JSON.parse(textOf(entry.value))`. Everything goes in and comes out as a
 * copy. A database and a table need no creation: they are there while they have an entry.
 *
 * Every write has a revision of its own, higher than all before it in the store; one that changes nothing has the
 * present one, and is not told. What is acknowledged is seen by whoever asks later, and outlives what `Store.survives`
 * says. When what the store stands on fails, nothing is acknowledged until it works again: every method may fail with
 * `unavailable`, `resource_exhausted` (full) or `data_loss` (damaged), over a wire with `deadline_exceeded`. No write
 * is then repeated by itself, as it may be done (`maybeExecuted`): whoever must know writes with `expectedRevision`.
 */
import { isUtf8 } from "node:buffer";
import { ReefError } from "../../core/errors.ts";

/** Of each method: `signal` ends the waiting, with its reason. Unless it had fired before, a write may be done. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Bytes, or text that means its UTF-8. Text with half a surrogate pair has none: `invalid_argument`. */
export type Bytes = Uint8Array | string;

/** What may end without harm to acknowledged writes; each includes those before it. */
export type Survives = "nothing" | "process" | "machine" | "power";

/** The block: what a driver opens. */
export interface Store {
  /** What its acknowledgement means. */
  survives(options?: WaitOptions): Promise<Survives>;
  /** By name: a namespace. It is checked, as the name of a table is, when something is asked of it. */
  database(name: string): Database;
}

/** All that one namespace keeps; no other can see it. This is what a service is given. */
export interface Database {
  /** By name: `a` to `z`, digits and hyphens, at most 63; a letter comes first, and no hyphen last. */
  table(name: string): Table;
  /** The names of the tables that have entries, sorted. @throws {ReefError} `invalid_argument` for a bad name */
  tables(options?: WaitOptions): Promise<readonly string[]>;
}

/** What is under a key. */
export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Of the write that made it. */
  readonly revision: number;
  /** What is left of its time, at least 1; absent: it stays. */
  readonly ttlMs?: number;
}

/** What must be there for a write to be done. */
export interface Condition {
  /** The revision of the entry that is to be replaced or deleted; 0: there is none. @default any */
  readonly expectedRevision?: number | undefined;
}

/** How long what is written stays. */
export interface Lifetime {
  /**
   * The entry is gone when this much time has passed, however the wall clock jumps, and whether or not the store runs.
   * How long the machine was off only the wall clock can say, and is believed. @default it stays
   */
  readonly ttlMs?: number | undefined;
}

/** One write of a batch. */
export type Operation =
  | ({ readonly kind: "put"; readonly key: Bytes; readonly value: Bytes } & Lifetime & Condition)
  | ({ readonly kind: "delete"; readonly key: Bytes } & Condition);

/** Which entries are meant, and how many of them. */
export interface ListOptions extends WaitOptions {
  /** Only keys that begin with it. @default all */
  readonly prefix?: Bytes | undefined;
  /** Only keys that end with it; all others are walked over. @default all */
  readonly suffix?: Bytes | undefined;
  /** By the bytes of the keys. @default "ascending" */
  readonly order?: "ascending" | "descending" | undefined;
  /** Most entries of the page, at most `listLimitMax`. @default 100 */
  readonly limit?: number | undefined;
  /** Where the page begins: the `cursor` of the page before, with the same options otherwise. @default the start */
  readonly cursor?: string | undefined;
}

/** It may have fewer items than its limit, even none, while there are more: without a `cursor` it is the last one. */
export interface Page {
  readonly items: readonly Entry[];
  readonly cursor?: string;
}

/** A moment of a store, that a watch can go on from. `epoch` is of one history: a backup put back begins another. */
export interface Moment {
  readonly epoch: string;
  readonly revision: number;
}

/** What has become of one key; without a value it is gone, be it deleted or expired. */
export interface Change {
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
}

/**
 * What a watch yields. First the present in portions, in no particular order, to be applied one after the other; then
 * one `complete`: the reader has the table as it was at that moment. From then on one `change` for each write, in their
 * order, whole: all that a batch has done is one message. It may say of a key that it is gone that was never shown.
 */
export type WatchEvent =
  | { readonly kind: "present"; readonly changes: readonly Change[] }
  | ({ readonly kind: "complete" } & Moment)
  | ({ readonly kind: "change"; readonly changes: readonly Change[] } & Moment);

/** What to watch, and from where on. */
export interface WatchOptions extends WaitOptions {
  /** Only keys that begin with it. @default all */
  readonly prefix?: Bytes | undefined;
  /** Goes on behind this moment (a `complete` or a `change` is one) instead of beginning with the present. */
  readonly after?: Moment | undefined;
}

/** Entries by key. A bad name, what is no cursor and what is beyond a limit are an `invalid_argument`. */
export interface Table {
  /** The entry under this key; undefined when there is none, or it has expired. */
  get(key: Bytes, options?: WaitOptions): Promise<Entry | undefined>;

  /**
   * Writes an entry, in the place of the one that is there, and resolves with its revision.
   * @throws {ReefError} `aborted` when another entry is there than expected: the typed error `conflict` of contract.ts
   *   with `{ key, revision }`, the revision that is there now or 0; `resource_exhausted` beyond `tablesMax`
   */
  put(key: Bytes, value: Bytes, options?: Lifetime & Condition & WaitOptions): Promise<number>;

  /** Deletes an entry, and says whether it was there. @throws {ReefError} `aborted`, as `put` does */
  delete(key: Bytes, options?: Condition & WaitOptions): Promise<boolean>;

  /**
   * All of these writes or, when one of them fails as `put` does, none: they have one revision, which it resolves with,
   * and nobody sees some of them only. Each key may be there once.
   */
  batch(operations: readonly Operation[], options?: WaitOptions): Promise<number>;

  /**
   * One page of the entries, as they are at one moment, at a cost that does not depend on the size of the table. What
   * is there through a walk over all pages is found exactly once; what comes or goes meanwhile, at most once.
   */
  list(options?: ListOptions): Promise<Page>;

  /**
   * The present, or what happened after a moment, then every change. Each iteration is a watch of its own; what it is
   * refused, `next()` rejects with. Ends when `signal` fires (no error) or it is left, and leaves nothing behind.
   * @throws {ReefError} `out_of_range` when what happened after `after`, or since a slow reader read last, is no longer
   *   known: begin with the present; `unavailable` when the way to the store is lost: go on after the last moment
   */
  watch(options?: WatchOptions): AsyncIterable<WatchEvent>;
}

/** What a driver lets its owner lower; the defaults are the constants of the same name. */
export interface StoreLimits {
  /** @default 1_000 */
  readonly tablesMax?: number;
  /** @default 10_000 */
  readonly historyMax?: number;
  /** @default 67_108_864 */
  readonly historyBytesMax?: number;
}

/** Bytes of a key: a path or two ids; an index of keys stays small enough to be kept in memory. */
export const keyBytesMax = 1_024;
/** Bytes of a value: a document. Larger things are blobs, and would make everybody wait behind them. */
export const valueBytesMax = 1_048_576;

/** Writes in one batch: more, and one caller would hold the only writer for a noticeable time. */
export const batchOperationsMax = 1_000;
/** Bytes of all keys and values in one batch, and roughly in one page: both travel as one message. */
export const messageBytesMax = 2_097_152;
/** Entries in one page. */
export const listLimitMax = 1_000;
/** Entries in one page, where nobody says otherwise: a screen or two. */
export const listLimitDefault = 100;
/** Keys that one page may walk over in search of a suffix, so that no page blocks the others for long. */
export const listScanMax = 10_000;

/** Ten years: a longer time is a mistake in the unit. */
export const ttlMsMax = 315_360_000_000;
/** Tables in one database: their names are given out as one list. */
export const tablesMax = 1_000;
/** Writes that are kept for watches to go on from: a reader that is restarted is back in seconds. */
export const historyMax = 10_000;
/** Bytes of the keys and values in them. */
export const historyBytesMax = 67_108_864;

/** Bytes as text. @throws {ReefError} `invalid_argument` when they are not UTF-8 */
export function textOf(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString();
  const text = `Cannot read ${bytes.length} bytes as text: they are not UTF-8; take the bytes`;
  throw new ReefError("invalid_argument", text, { maybeExecuted: false });
}
