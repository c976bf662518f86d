/**
 * A watch over any driver that keeps its last writes. The revision that its reader has come to is all that there is of
 * a watch: it reads at its own pace, nothing is queued for it, and one that is too slow finds that history gone.
 */
import type { Listener } from "../../../../core/bell.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Change, Moment, Page, WatchEvent } from "../../index.ts";

/** One write, as far as it is in the reader's part of the table. */
export interface KeptWrite {
  readonly revision: number;
  readonly changes: readonly Change[];
}

/** What a watch needs of its table: the present, page by page, and what its history has behind a moment. */
export interface Journal {
  /** Now. Of each method: it may reject when `signal` fires, which is when nobody waits for it any more. */
  moment(signal: AbortSignal): Promise<Moment>;
  /** A page of the entries that are there, in ascending order. */
  page(cursor: string | undefined, signal: AbortSignal): Promise<Page>;
  /**
   * Some of the writes after a moment, in their order, and up to where these are all: `through` is the last of them or,
   * when there are no more, the present. Undefined when they are not all known, or not any more.
   */
  since(
    moment: Moment,
    signal: AbortSignal,
  ): Promise<{ writes: readonly KeptWrite[]; through: number } | undefined>;
  listen(): Listener;
}

/** What is watched, and from where on. */
export interface Watched {
  readonly journal: Journal;
  readonly after: Moment | undefined;
}

/** `open` runs when the first event is asked for. Ends without an error when `signal` fires. */
export function watchJournal(
  open: () => Watched,
  signal: AbortSignal | undefined,
): AsyncIterator<WatchEvent, undefined> {
  // An iteration that waits can be left only from outside.
  const left = new AbortController();
  const over = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
  const events = read(open, over);
  return {
    next: async () => {
      try {
        const { done, value } = await events.next();
        return over.aborted || done ? { done: true, value: undefined } : { done: false, value };
      } catch (error) {
        if (over.aborted) return { done: true, value: undefined };
        throw error;
      }
    },
    async return() {
      left.abort();
      await events.return(undefined);
      return { done: true, value: undefined };
    },
  };
}

async function* read(
  open: () => Watched,
  over: AbortSignal,
): AsyncGenerator<WatchEvent, undefined> {
  const { journal, after } = open();
  // Before the first look: what happens between the looks is heard.
  using listener = journal.listen();
  const present = await journal.moment(over);
  const { epoch } = present;
  // Up to here the reader knows everything: with `after` already, else when it has the portions.
  let known = after?.revision ?? present.revision;
  if (after === undefined) {
    for await (const changes of portions(journal, known, over)) yield { kind: "present", changes };
    const { revision: now } = await journal.moment(over);
    while (known < now) {
      const { writes, through } = await since(journal, { epoch, revision: known }, over);
      for (const { changes } of writes) yield { kind: "present", changes };
      known = through;
    }
    yield { kind: "complete", epoch, revision: known };
  }
  while (!over.aborted) {
    const moment = { epoch: after?.epoch ?? epoch, revision: known };
    const { writes, through } = await since(journal, moment, over);
    for (const each of writes) yield { kind: "change", epoch, ...each };
    known = through;
    if (writes.length > 0) continue;
    const heard = await listener.next(over);
    // What was written before that went to other tables: it may be forgotten without harm to this reader.
    if (heard !== undefined) known = Math.max(known, heard - 1);
  }
}

/** What was there at a revision, without what was written since: that comes behind it. */
async function* portions(
  journal: Journal,
  revision: number,
  over: AbortSignal,
): AsyncGenerator<readonly Change[]> {
  let cursor: string | undefined;
  do {
    const page = await journal.page(cursor, over);
    const known = page.items.filter((entry) => entry.revision <= revision);
    if (known.length > 0) yield known.map(({ key, value }) => ({ key, value }));
    cursor = page.cursor;
  } while (cursor !== undefined);
}

async function since(journal: Journal, moment: Moment, over: AbortSignal) {
  const found = await journal.since(moment, over);
  if (found === undefined) throw historyGone();
  return found;
}

/** What a reader is told who does not know what happened, when the store does not either. */
export function historyGone(): ReefError {
  const text =
    "Cannot go on with this watch: what happened since its last moment is not known any more; begin with the present";
  return new ReefError("out_of_range", text, { maybeExecuted: false });
}

/** What a reader is told whose store is closed. */
export function storeClosed(): ReefError {
  const text =
    "Cannot go on with this watch: the store is closed; go on after its last moment when it is open";
  return new ReefError("unavailable", text, { maybeExecuted: false });
}
