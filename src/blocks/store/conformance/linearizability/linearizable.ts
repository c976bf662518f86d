/**
 * Whether what clients saw at once could have happened one after the other: each call took effect at one moment between
 * its start and its end. The search of Wing and Gong, with Lowe's memory of dead ends; keys are searched one by one.
 *
 * A call whose client gave up may have happened at any time after its start, or never. So it is given a place only
 * where the next call has seen what it did; and of those that nobody can tell apart, the one that started first comes
 * first. Without that a store that was away for a second, and left dozens of calls without an answer, would be searched
 * for ever.
 *
 * Sources: "Testing and Verifying Concurrent Objects" (1993); "Testing for linearizability" (2017)
 */
import { type CallEvent, listOf, putBack, take } from "./call-list.ts";
import type { Action, Call, Outcome } from "./calls.ts";

export function linearizable(history: readonly Call[]): boolean {
  const inTime = history.toSorted((a, b) => a.start - b.start);
  return [...Map.groupBy(inTime, ({ key }) => key).values()].every(hasOrder);
}

/** An entry, or none. A revision that nobody was told (of a write that was given up) is undefined. */
interface State {
  readonly value: string | undefined;
  readonly revision: number | undefined;
  /** The highest revision that is known: they rise. */
  readonly highest: number;
  /** The call before was given up: the next one has to show that it has happened. */
  readonly unseen: boolean;
}

const empty: State = { value: undefined, revision: 0, highest: 0, unseen: false };

function hasOrder(calls: readonly Call[]): boolean {
  const head = listOf(calls);
  const deadEnds = new Set<string>();
  const order: { readonly event: CallEvent; readonly before: State }[] = [];
  let state = empty;
  let placed = 0n;
  let open = calls.filter(({ outcome }) => outcome !== undefined).length;
  let event = head.next;
  while (open > 0) {
    const next =
      event?.isStart && isFirstOfTwins(event, placed) ? after(state, event.call) : undefined;
    if (event && next && isNew(deadEnds, placed | (1n << BigInt(event.index)), next)) {
      order.push({ event, before: state });
      state = next;
      placed |= 1n << BigInt(event.index);
      if (event.match) open -= 1;
      take(event);
      event = head.next;
    } else if (event?.isStart) {
      event = event.next;
    } else {
      // The end of a call that has no place yet: nothing that starts later can come before it.
      const last = order.pop();
      if (last === undefined) return false;
      state = last.before;
      placed ^= 1n << BigInt(last.event.index);
      if (last.event.match) open += 1;
      putBack(last.event);
      event = last.event.next;
    }
  }
  return true;
}

function isFirstOfTwins({ twin }: CallEvent, placed: bigint): boolean {
  return twin === undefined || (placed & (1n << BigInt(twin.index))) !== 0n;
}

/** What the key is like after this call, if it can have had this outcome. */
function after(state: State, call: Call): State | undefined {
  const { action, outcome } = call;
  if (outcome === undefined) return afterUnknown(state, action);
  const overwrites = action.kind === "put" && action.expectedRevision === undefined;
  if (state.unseen && overwrites) return undefined;
  const next = afterKnown(state, action, outcome);
  return next && { ...next, unseen: false };
}

function afterKnown(state: State, action: Action, outcome: Outcome): State | undefined {
  if (outcome.kind === "conflict") return refuse(state, action, outcome.revision);
  if (action.kind === "get") {
    const isThis = outcome.kind === "found" && state.value === outcome.value;
    return isThis ? told(state, outcome.revision) : undefined;
  }
  const { expectedRevision } = action;
  const met = expectedRevision === undefined ? state : told(state, expectedRevision);
  if (met === undefined) return undefined;
  if (action.kind === "put") {
    if (outcome.kind !== "written" || outcome.revision <= met.highest) return undefined;
    const { revision } = outcome;
    return { ...met, value: action.value, revision, highest: revision };
  }
  const was = met.value !== undefined;
  if (outcome.kind !== "deleted" || outcome.was !== was) return undefined;
  return { ...met, value: undefined, revision: 0 };
}

/** Where it would change nothing, or nobody could know, it needs no place. */
function afterUnknown(state: State, action: Action): State | undefined {
  if (action.kind === "get") return undefined;
  const { kind, expectedRevision } = action;
  if (expectedRevision === undefined && state.unseen) return undefined;
  const met = expectedRevision === undefined ? state : told(state, expectedRevision);
  if (met === undefined) return undefined;
  if (kind === "put") {
    return { ...met, value: action.value, revision: undefined, unseen: true };
  }
  if (met.value === undefined) return undefined;
  return { ...met, value: undefined, revision: 0, unseen: true };
}

/** The state with this revision, if it can have it. */
function told(state: State, revision: number): State | undefined {
  if (state.revision !== undefined) return state.revision === revision ? state : undefined;
  return revision > state.highest ? { ...state, revision, highest: revision } : undefined;
}

function refuse(state: State, action: Action, revision: number): State | undefined {
  if (action.kind === "get" || action.expectedRevision === undefined) return undefined;
  return action.expectedRevision === revision ? undefined : told(state, revision);
}

/** Whether the search has not been here: the same calls in their places, and the same state. */
function isNew(
  deadEnds: Set<string>,
  placed: bigint,
  { value, revision, highest, unseen }: State,
): boolean {
  const known = deadEnds.size;
  const place = `${placed.toString(36)} ${revision} ${highest} ${unseen} ${value}`;
  return deadEnds.add(place).size > known;
}
