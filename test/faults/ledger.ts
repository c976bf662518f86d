/**
 * The books of a load on one table: every write that was asked, with what its client was told. `checkLedger` compares
 * them with what is there afterwards, and with all that a watch has shown meanwhile.
 */
import { type Change, type Entry, textOf } from "../../src/blocks/store/index.ts";

/** One put or one batch. */
export interface AskedWrite {
  /** Its own alone: every value that it writes begins with it, and a blank behind it. */
  readonly mark: string;
  readonly puts: readonly string[];
  readonly deletes: readonly string[];
  /** Of the only key of a write with a condition. */
  readonly expectedRevision?: number | undefined;
  /** `unknown` until its client is told something certain. */
  told: Told;
}

export type Told =
  | { readonly kind: "unknown" }
  | { readonly kind: "acknowledged"; readonly revision: number }
  /** Not done: the condition was not met, or there was no place for it, or it was never sent. */
  | { readonly kind: "refused" };

/** One change as a watch has shown it. */
export interface ShownChange {
  readonly revision: number;
  readonly changes: readonly Change[];
}

export interface Ledger {
  readonly writes: readonly AskedWrite[];
  /** In the order in which a watch has shown it, from the empty table on. */
  readonly shown: readonly ShownChange[];
  /** What is there at the end. */
  readonly entries: readonly Entry[];
}

/** What can be wrong, each with the marks of the writes, or the keys, that it was found at. */
export interface Verdict {
  /** Acknowledged, and not there although nobody took it away. */
  readonly lost: readonly string[];
  /** Done in part, or with values of others. */
  readonly half: readonly string[];
  /** Done a second time. */
  readonly twice: readonly string[];
  /** Done although it was refused, or against its condition. */
  readonly forbidden: readonly string[];
  /** There, and not as the watch has shown it: it left something out, or has told it wrong. */
  readonly unseen: readonly string[];
}

interface State {
  readonly mark: string;
  readonly revision: number;
}

export function checkLedger({ writes, shown, entries }: Ledger): Verdict {
  const there = new Map(
    entries.map(({ key, value, revision }) => [textOf(key), { mark: markOf(value), revision }]),
  );
  const { model, done, ...found } = replay(writes, shown);
  const acknowledged = writes.filter(({ told }) => told.kind === "acknowledged");
  const missing = acknowledged.filter(({ mark }) => !done.has(mark));
  const differing = [...new Set([...there.keys(), ...model.keys()])].filter(
    (key) =>
      there.get(key)?.revision !== model.get(key)?.revision ||
      there.get(key)?.mark !== model.get(key)?.mark,
  );
  return {
    ...found,
    lost: lostOf(writes, there),
    unseen: [...found.unseen, ...missing.map(({ mark }) => mark), ...differing],
  };
}

/** Goes through the changes as if they were the store. */
function replay(writes: readonly AskedWrite[], shown: readonly ShownChange[]) {
  const byMark = new Map(writes.map((write) => [write.mark, write]));
  const model = new Map<string, State>();
  const done = new Set<string>();
  const half: string[] = [];
  const twice: string[] = [];
  const forbidden: string[] = [];
  const unseen: string[] = [];
  let last = 0;
  for (const { revision, changes } of shown) {
    const marks = new Set(changes.flatMap(({ value }) => (value ? [markOf(value)] : [])));
    const [mark = ""] = marks;
    const write = byMark.get(mark);
    if (write === undefined) unseen.push(`revision ${revision}`);
    else if (done.has(mark)) twice.push(mark);
    else {
      const { expectedRevision, told } = write;
      if (marks.size > 1 || !isWhole(write, changes, model)) half.push(mark);
      const met = model.get(write.puts[0] ?? "")?.revision ?? 0;
      const isMet = expectedRevision === undefined || expectedRevision === met;
      if (told.kind === "refused" || !isMet) forbidden.push(mark);
      if (told.kind === "acknowledged" && told.revision !== revision) unseen.push(mark);
    }
    if (revision <= last) unseen.push(`revision ${revision} behind ${last}`);
    last = revision;
    done.add(mark);
    for (const { key, value } of changes) {
      if (value) model.set(textOf(key), { mark: markOf(value), revision });
      else model.delete(textOf(key));
    }
  }
  return { model, done, half, twice, forbidden, unseen };
}

/** Of a key that is not there a delete changes nothing. */
function isWhole(
  { puts, deletes }: AskedWrite,
  changes: readonly Change[],
  model: ReadonlyMap<string, State>,
): boolean {
  const wanted = [...puts, ...deletes.filter((key) => model.has(key))];
  const keys = changes.map(({ key }) => textOf(key));
  return wanted.toSorted().join() === keys.toSorted().join();
}

/** By what is there alone: a watch that is wrong cannot hide what is lost. */
function lostOf(writes: readonly AskedWrite[], there: ReadonlyMap<string, State>): string[] {
  const deletable = new Set(
    writes.flatMap(({ deletes, told }) => (told.kind === "refused" ? [] : deletes)),
  );
  return writes.flatMap(({ mark, puts, told }) => {
    if (told.kind !== "acknowledged") return [];
    const isLost = puts.some((key) => {
      const state = there.get(key);
      if (state === undefined) return !deletable.has(key);
      const { revision } = state;
      return revision < told.revision || (revision === told.revision && state.mark !== mark);
    });
    return isLost ? [mark] : [];
  });
}

function markOf(value: Uint8Array): string {
  return textOf(value).split(" ", 1)[0] ?? "";
}
