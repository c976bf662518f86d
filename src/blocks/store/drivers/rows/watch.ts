/**
 * A watch over any driver that keeps its last writes. The reader's place in them is all that there is of a watch: it
 * reads at its own pace, nothing is queued for it, and one that is too slow finds its place gone.
 */
import { ReefError } from "../../../../core/errors.ts";
import type { Change, Moment, Page, WatchEvent } from "../../index.ts";
import type { Listener } from "./bell.ts";

/** One write, as far as it was seen by the reader. */
export interface Revision {
  readonly revision: number;
  readonly changes: readonly Change[];
}

/** What a watch needs of its table. */
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
  ): Promise<{ revisions: readonly Revision[]; through: number } | undefined>;
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
  let place = after?.revision ?? present.revision;
  if (after === undefined) {
    for await (const changes of portions(journal, place, over)) yield { kind: "present", changes };
    const { revision: now } = await journal.moment(over);
    while (place < now) {
      const { revisions, through } = await since(journal, { epoch, revision: place }, over);
      for (const { changes } of revisions) yield { kind: "present", changes };
      place = through;
    }
    yield { kind: "complete", epoch, revision: place };
  }
  while (!over.aborted) {
    const moment = { epoch: after?.epoch ?? epoch, revision: place };
    const { revisions, through } = await since(journal, moment, over);
    for (const each of revisions) yield { kind: "change", epoch, ...each };
    place = through;
    if (revisions.length > 0) continue;
    const heard = await listener.next(over);
    // Whatever others wrote meanwhile is nothing to this reader, and may be forgotten.
    if (heard !== undefined) place = Math.max(place, heard - 1);
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
  const known = await journal.since(moment, over);
  if (known === undefined) throw placeGone();
  return known;
}

/** What a reader is told whose place is not known. */
export function placeGone(): ReefError {
  return new ReefError(
    "out_of_range",
    "Cannot go on with this watch: what happened since its place is not known any more; begin with the present",
    { maybeExecuted: false },
  );
}

/** What a reader is told whose store is closed. */
export function closedError(): ReefError {
  const text =
    "Cannot go on with this watch: the store is closed; go on after its last moment when it is open";
  return new ReefError("unavailable", text, { maybeExecuted: false });
}
