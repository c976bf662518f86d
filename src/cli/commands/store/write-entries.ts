/** Entries into one table as one batch, each with a condition, so that nobody's write is lost to an import. */
import type { Entry, Table } from "../../../blocks/store/index.ts";
import { ReefError } from "../../../core/errors.ts";

/** What became of an entry. */
export type Verdict = "added" | "replaced" | "unchanged" | "refused";

interface Wanted {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly ttlMs?: number;
}

export interface WriteEntriesOptions {
  /** Whether an entry takes the place of another one. */
  readonly replace: boolean;
  readonly signal: AbortSignal;
}

/** Each time somebody else wrote one of the keys in between; whoever loses more often than this loses for good. */
const attemptsMax = 10;
/** Enough to hide the way to the store, few enough to leave room for other callers. */
const readsAtOnce = 50;

/**
 * Writes what is not there; the verdicts are in the order of the entries.
 * @throws {ReefError} as `batch` and `get` do; `aborted` when others keep writing the same keys
 */
export async function writeEntries(
  table: Table,
  entries: readonly Wanted[],
  { replace, signal }: WriteEntriesOptions,
): Promise<Verdict[]> {
  // Most imports go into an empty table, and then nothing has to be read.
  let plans: Plan[] = entries.map(() => ({ verdict: "added", expectedRevision: 0 }));
  for (let attempt = 1; ; attempt++) {
    const operations = entries.flatMap(({ key, value, ttlMs }, index) => {
      const { expectedRevision } = plans[index] ?? {};
      if (expectedRevision === undefined) return [];
      return [{ kind: "put", key, value, ttlMs, expectedRevision } as const];
    });
    if (operations.length === 0) return plans.map(({ verdict }) => verdict);
    try {
      await table.batch(operations, { signal });
      return plans.map(({ verdict }) => verdict);
    } catch (thrown) {
      if (ReefError.from(thrown).reason !== "conflict" || attempt === attemptsMax) throw thrown;
    }
    const present = await readPresent(table, entries, signal);
    plans = entries.map((entry, index) => planFor(entry, present[index], replace));
  }
}

/** Without an expected revision nothing is written. */
interface Plan {
  readonly verdict: Verdict;
  readonly expectedRevision?: number;
}

function planFor(wanted: Wanted, present: Entry | undefined, replace: boolean): Plan {
  if (!present) return { verdict: "added", expectedRevision: 0 };
  const isSame = Buffer.compare(wanted.value, present.value) === 0;
  const bothEnd = wanted.ttlMs !== undefined && present.ttlMs !== undefined;
  const bothStay = wanted.ttlMs === undefined && present.ttlMs === undefined;
  // What is left of a time is less with every moment, so it tells nothing, and only `replace` sets it anew.
  if (isSame && (bothStay || (bothEnd && !replace))) return { verdict: "unchanged" };
  if (!replace) return { verdict: "refused" };
  return { verdict: "replaced", expectedRevision: present.revision };
}

async function readPresent(
  table: Table,
  entries: readonly Wanted[],
  signal: AbortSignal,
): Promise<(Entry | undefined)[]> {
  const present: (Entry | undefined)[] = [];
  for (let at = 0; at < entries.length; at += readsAtOnce) {
    const some = entries.slice(at, at + readsAtOnce);
    present.push(...(await Promise.all(some.map(({ key }) => table.get(key, { signal })))));
  }
  return present;
}
