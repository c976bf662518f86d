/** What the cases write and how they look at it: as text, where the bytes are not what the case is about. */
import assert from "node:assert/strict";
import { type Code, ReefError } from "../../../core/errors.ts";
import { soon } from "../../../testing/soon.ts";
import type { StoreUnderTest } from "../conformance.ts";
import {
  type Change,
  type Entry,
  type ListOptions,
  type Moment,
  type Table,
  textOf,
  type WatchEvent,
  type WatchOptions,
} from "../index.ts";

/** The table that most cases need only one of. */
export function tableOf({ store }: Pick<StoreUnderTest, "store">, name = "trips"): Table {
  return store.database("default").table(name);
}

/** `a=1` */
export function shown(entries: readonly Entry[]): string[] {
  return entries.map(({ key, value }) => `${textOf(key)}=${textOf(value)}`);
}

/** `a=1` for what was written, `-a` for what is gone. */
export function shownChanges(changes: readonly Change[]): string[] {
  return changes.map(({ key, value }) =>
    value ? `${textOf(key)}=${textOf(value)}` : `-${textOf(key)}`,
  );
}

/** All pages, one after the other. */
export async function listAll(
  table: Table,
  options: ListOptions = {},
  between: () => Promise<unknown> = async () => {},
): Promise<Entry[]> {
  const all: Entry[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.list({ ...options, cursor });
    all.push(...page.items);
    cursor = page.cursor;
    await between();
  } while (cursor !== undefined);
  return all;
}

export async function refused(promise: Promise<unknown>, code: Code): Promise<void> {
  await assert.rejects(promise, { name: "ReefError", code });
}

/** That a writer lost a race, and is told what is there now. */
export async function lost(
  promise: Promise<unknown>,
  key: string,
  revision: number,
): Promise<void> {
  const data = { key: new Uint8Array(Buffer.from(key)), revision };
  await assert.rejects(promise, {
    code: "aborted",
    reason: "conflict",
    data,
  });
}

export type Watching = Awaited<ReturnType<typeof openWatch>>;
type Changed = Extract<WatchEvent, { kind: "change" }>;

/** A watch that has come to the changes: at once with `after`, else when its present is complete. */
export async function openWatch(table: Table, options: WatchOptions = {}) {
  const events = table.watch(options)[Symbol.asyncIterator]();
  const present = new Map<string, string>();

  async function read(): Promise<WatchEvent> {
    const { done, value } = await soon("An event of the watch", events.next());
    return done ? assert.fail("the watch ended") : value;
  }

  async function next(): Promise<Changed> {
    const event = await read();
    return event.kind === "change" ? event : assert.fail(`a ${event.kind} after the present`);
  }

  let start: Moment = options.after ?? { epoch: "", revision: 0 };
  while (!options.after) {
    const event = await read();
    if (event.kind === "complete") {
      start = event;
      break;
    }
    for (const { key, value } of event.changes) {
      if (value) present.set(textOf(key), textOf(value));
      else present.delete(textOf(key));
    }
  }
  return {
    /** The table as it was at `start`. */
    present,
    start,
    next,
    /** The next messages as they are shown. */
    async changes(count: number): Promise<string[]> {
      const all: string[] = [];
      for (let read = 0; read < count; read++)
        all.push(shownChanges((await next()).changes).join(" "));
      return all;
    },
    [Symbol.asyncDispose]: async () => void (await events.return?.()),
  };
}

/** Adds one to the entry "count", however many others do so at the same time. */
export async function increment(table: Table): Promise<void> {
  for (;;) {
    const entry = await table.get("count");
    const count = entry ? Number(textOf(entry.value)) : 0;
    try {
      await table.put("count", `${count + 1}`, { expectedRevision: entry?.revision ?? 0 });
      return;
    } catch (error) {
      if (!(error instanceof ReefError && error.code === "aborted")) throw error;
    }
  }
}
