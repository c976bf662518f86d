/**
 * Whether what clients saw at once could have happened one after the other: each call took effect at one moment between
 * its start and its end. The search of Wing and Gong, with Lowe's memory of dead ends; keys are searched one by one.
 * Sources: "Testing and Verifying Concurrent Objects" (1993); "Testing for linearizability" (2017)
 */

/** What was asked of one key. */
export type Action =
  | { readonly kind: "get" }
  | { readonly kind: "put"; readonly value: string; readonly expectedRevision?: number | undefined }
  | { readonly kind: "delete"; readonly expectedRevision?: number | undefined };

/** What was answered; a revision of 0 means that there is no entry. */
export type Outcome =
  | { readonly kind: "found"; readonly revision: number; readonly value?: string | undefined }
  | { readonly kind: "written"; readonly revision: number }
  | { readonly kind: "deleted"; readonly was: boolean }
  | { readonly kind: "conflict"; readonly revision: number };

/** One call of one client. */
export interface Call {
  readonly key: string;
  /** Moments in one order that all clients share. */
  readonly start: number;
  readonly end: number;
  readonly action: Action;
  /** Absent where the client gave up: it happened at some time after its start, or never. */
  readonly outcome?: Outcome;
}

export function linearizable(history: readonly Call[]): boolean {
  return [...Map.groupBy(history, ({ key }) => key).values()].every(hasOrder);
}

/** An entry, or none. A revision that nobody was told (of a write that was given up) is undefined. */
interface State {
  readonly value: string | undefined;
  readonly revision: number | undefined;
  /** The highest revision that is known: they rise. */
  readonly highest: number;
}

const empty: State = { value: undefined, revision: 0, highest: 0 };

/** A call's start or end, in the list of what has no place in the order yet. */
interface Event {
  readonly index: number;
  readonly call: Call;
  readonly isStart: boolean;
  readonly match: Event | undefined;
  previous: Event;
  next: Event | undefined;
}

function hasOrder(calls: readonly Call[]): boolean {
  const head = listOf(calls);
  const deadEnds = new Set<string>();
  const order: { readonly event: Event; readonly before: State }[] = [];
  let state = empty;
  let placed = 0n;
  let open = calls.filter(({ outcome }) => outcome !== undefined).length;
  let event = head.next;
  while (open > 0) {
    const next = event?.isStart ? after(state, event.call) : undefined;
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

/** What the key is like after this call, if it can have had this outcome; a list of one or none. */
function after(state: State, { action, outcome }: Call): State | undefined {
  if (outcome?.kind === "conflict") return refuse(state, action, outcome.revision);
  if (action.kind === "get") {
    if (outcome === undefined) return state;
    return outcome.kind === "found" && state.value === outcome.value
      ? told(state, outcome.revision)
      : undefined;
  }
  const { expectedRevision } = action;
  const met = expectedRevision === undefined ? state : told(state, expectedRevision);
  // One that was given up may also have been refused.
  if (met === undefined) return outcome === undefined ? state : undefined;
  if (action.kind === "put") {
    if (outcome === undefined) return { ...met, value: action.value, revision: undefined };
    if (outcome.kind !== "written" || outcome.revision <= met.highest) return undefined;
    const { revision } = outcome;
    return { value: action.value, revision, highest: revision };
  }
  const was = met.value !== undefined;
  if (outcome && !(outcome.kind === "deleted" && outcome.was === was)) return undefined;
  return { ...met, value: undefined, revision: 0 };
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
  { value, revision, highest }: State,
): boolean {
  const known = deadEnds.size;
  const place = `${placed.toString(36)} ${revision} ${highest} ${value}`;
  return deadEnds.add(place).size > known;
}

function listOf(calls: readonly Call[]): Event {
  const events = calls.flatMap((call, index) => {
    const node = (isStart: boolean, match?: Event): Event => {
      // Linked below.
      return {
        index,
        call,
        isStart,
        match,
        previous: undefined as unknown as Event,
        next: undefined,
      };
    };
    if (call.outcome === undefined) return [node(true)];
    const end = node(false);
    return [node(true, end), end];
  });
  // At the same moment a start comes first: the calls were at once.
  events.sort((a, b) => momentOf(a) - momentOf(b) || Number(b.isStart) - Number(a.isStart));
  const head = { isStart: true, next: undefined } as unknown as Event;
  let last = head;
  for (const event of events) {
    event.previous = last;
    last.next = event;
    last = event;
  }
  return head;
}

function momentOf({ isStart, call }: Event): number {
  return isStart ? call.start : call.end;
}

function take(start: Event): void {
  unlink(start);
  if (start.match) unlink(start.match);
}

function putBack(start: Event): void {
  if (start.match) link(start.match);
  link(start);
}

function unlink(event: Event): void {
  event.previous.next = event.next;
  if (event.next) event.next.previous = event.previous;
}

function link(event: Event): void {
  event.previous.next = event;
  if (event.next) event.next.previous = event;
}
