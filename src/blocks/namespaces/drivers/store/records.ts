/**
 * What is known of namespaces, in one table: a record is JSON under its name. Changes are checked against all others,
 * so they follow each other: each is written with the one before it as its condition.
 */
import { ReefError } from "../../../../core/errors.ts";
import type { Entry, Operation, Table, WatchEvent } from "../../../store/index.ts";
import type { Namespace, Page, PageOptions } from "../../index.ts";

/** What is to be written; nothing at all where it is undefined. */
export interface Change {
  readonly put?: readonly Namespace[];
  readonly drop?: readonly string[];
}

/** No name has a slash in it. */
const prefix = "namespace/";
/** Counts the changes. */
const turnKey = "turn";
/** Entries that are read at once. */
const portion = 500;
/** A change that loses races to others is tried again; so many of them do not come together. */
const attemptsMax = 20;

export class Records {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async get(name: string, signal?: AbortSignal): Promise<Namespace | undefined> {
    const entry = await this.#table.get(`${prefix}${name}`, { signal });
    return entry && readNamespace(entry.value);
  }

  async page({ limit, cursor, signal }: PageOptions & { readonly limit: number }): Promise<Page> {
    const page = await this.#table.list({ prefix, limit, cursor, signal });
    const items = page.items.map(({ value }) => readNamespace(value));
    return { items, ...(page.cursor !== undefined && { cursor: page.cursor }) };
  }

  async all(signal?: AbortSignal): Promise<Map<string, Namespace>> {
    const all = new Map<string, Namespace>();
    let cursor: string | undefined;
    do {
      // One page after the other: each says where the next begins.
      // oxlint-disable-next-line no-await-in-loop
      const page = await this.page({ limit: portion, cursor, signal });
      for (const each of page.items) all.set(each.name, each);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return all;
  }

  /** `make` is given what is there, and again when somebody was faster. Whether there was anything to write. */
  async change(
    make: (all: ReadonlyMap<string, Namespace>) => Change | undefined,
    signal?: AbortSignal,
  ): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        // Each attempt begins with what the one before it lost to.
        // oxlint-disable-next-line no-await-in-loop
        return await this.#attempt(make, signal);
      } catch (error) {
        const isLost = error instanceof ReefError && error.code === "aborted";
        if (attempt >= attemptsMax || !isLost) throw error;
      }
    }
  }

  watch(signal: AbortSignal): AsyncIterable<WatchEvent> {
    return this.#table.watch({ prefix, signal });
  }

  async #attempt(
    make: (all: ReadonlyMap<string, Namespace>) => Change | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const turn = await this.#table.get(turnKey, { signal });
    const { put = [], drop = [] } = make(await this.all(signal)) ?? {};
    if (put.length + drop.length === 0) return false;
    const operations: Operation[] = [
      { kind: "put", key: turnKey, value: next(turn), expectedRevision: turn?.revision ?? 0 },
      ...put.map((each): Operation => {
        return { kind: "put", key: `${prefix}${each.name}`, value: JSON.stringify(each) };
      }),
      ...drop.map((name): Operation => ({ kind: "delete", key: `${prefix}${name}` })),
    ];
    await this.#table.batch(operations, { signal });
    return true;
  }
}

/** The name of a record, out of its key. */
export function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString().slice(prefix.length);
}

/** Nobody else writes into this table, so what is read is what was put. */
export function readNamespace(value: Uint8Array): Namespace {
  return JSON.parse(Buffer.from(value).toString()) as Namespace;
}

function next(turn: Entry | undefined): string {
  return String(Number(turn ? Buffer.from(turn.value).toString() : 0) + 1);
}
