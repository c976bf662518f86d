/** One transaction in two round trips: what it asks, then what it writes together with the commit. */
import assert from "node:assert/strict";
import type { Attempt } from "./attempt.ts";
import type { Value } from "./library.ts";
import type { Run } from "./link.ts";
import { isUndone } from "./translate-error.ts";

/** A statement with its values. */
export type Statement = readonly [text: string, values?: readonly Value[]];

/** What a transaction ends with. */
export interface Ending<T> {
  /** They travel together with the commit. */
  readonly last: readonly Statement[];
  readonly value: T;
}

export async function commit<T>(
  tried: Attempt,
  work: (run: Run) => Promise<Ending<T>>,
): Promise<T> {
  const { run } = tried;
  // Not waited for: it travels with the first question, which fails when it fails.
  const begun = run("BEGIN ISOLATION LEVEL READ COMMITTED");
  begun.catch(() => undefined);
  try {
    const { last, value } = await work(run);
    await begun;
    // From here on only the server knows, until it says so.
    tried.unknown = last.length > 0;
    const ends = await Promise.all([...last.map((each) => run(...each)), run("COMMIT")]);
    assert.equal(ends.at(-1)?.command, "COMMIT", "what fails in a transaction is thrown");
    tried.unknown = false;
    return value;
  } catch (thrown) {
    if (isUndone(thrown)) tried.unknown = false;
    // A connection that is lost needs no end of its transaction.
    if (!tried.unknown) await run("ROLLBACK").catch(() => undefined);
    throw thrown;
  }
}
