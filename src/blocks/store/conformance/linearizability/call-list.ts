/**
 * The calls of one key as a list of starts and ends in time, from which the search takes those that have their place.
 */
import type { Call } from "./calls.ts";

/** A call's start or end. */
export interface CallEvent {
  readonly index: number;
  readonly call: Call;
  readonly isStart: boolean;
  readonly match: CallEvent | undefined;
  /** Started before, and nobody can tell the two apart: it has its place first. */
  readonly twin: CallEvent | undefined;
  previous: CallEvent;
  next: CallEvent | undefined;
}

export function listOf(calls: readonly Call[]): CallEvent {
  const twins = twinsOf(calls);
  const made = new Map<number, CallEvent>();
  const events = calls.flatMap((call, index) => {
    const node = (isStart: boolean, match?: CallEvent): CallEvent => {
      const twin = made.get(twins.get(index) ?? -1);
      // Linked below.
      const previous = undefined as unknown as CallEvent;
      return { index, call, isStart, match, twin, previous, next: undefined };
    };
    const end = call.outcome && node(false);
    const start = node(true, end);
    made.set(index, start);
    return end ? [start, end] : [start];
  });
  // At the same moment a start comes first: the calls were at once.
  events.sort((a, b) => momentOf(a) - momentOf(b) || Number(b.isStart) - Number(a.isStart));
  const head = { isStart: true, next: undefined } as unknown as CallEvent;
  let last = head;
  for (const event of events) {
    event.previous = last;
    last.next = event;
    last = event;
  }
  return head;
}

/**
 * Given up, without a condition, and either a delete or a put whose value nobody has read: the one before of its kind.
 */
function twinsOf(calls: readonly Call[]): ReadonlyMap<number, number> {
  const read = new Set(calls.map(({ outcome }) => outcome?.kind === "found" && outcome.value));
  const last = new Map<string, number>();
  const twins = new Map<number, number>();
  for (const [index, { action, outcome }] of calls.entries()) {
    if (outcome || action.kind === "get" || action.expectedRevision !== undefined) continue;
    if (action.kind === "put" && read.has(action.value)) continue;
    const before = last.get(action.kind);
    if (before !== undefined) twins.set(index, before);
    last.set(action.kind, index);
  }
  return twins;
}

function momentOf({ isStart, call }: CallEvent): number {
  return isStart ? call.start : call.end;
}

export function take(start: CallEvent): void {
  unlink(start);
  if (start.match) unlink(start.match);
}

export function putBack(start: CallEvent): void {
  if (start.match) link(start.match);
  link(start);
}

function unlink(event: CallEvent): void {
  event.previous.next = event.next;
  if (event.next) event.next.previous = event.previous;
}

function link(event: CallEvent): void {
  event.previous.next = event;
  if (event.next) event.next.previous = event;
}
