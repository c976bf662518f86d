/** Which writes are done, and what those are told whose writes are not. */
import { ReefError } from "../../../../core/errors.ts";
import { StoreContract, type Write } from "../../contract.ts";
import type { Place } from "./keys.ts";

/**
 * Those that change anything: a delete of what is not there does not. `revisionOf` is of the entry that is there.
 * @throws {ReefError} `aborted` when one entry is not the one that was expected: the typed error `conflict` of the
 *   contract
 */
export function allowedChanges(
  writes: readonly Write[],
  revisionOf: (key: Uint8Array) => number | undefined,
): readonly Write[] {
  for (const { key, expectedRevision } of writes) {
    if (expectedRevision === undefined) continue;
    const revision = revisionOf(key) ?? 0;
    if (revision !== expectedRevision) throw conflict(key, expectedRevision, revision);
  }
  if (writes.every(isPut)) return writes;
  return writes.filter((write) => isPut(write) || revisionOf(write.key) !== undefined);
}

/** Only such a write can begin a table. */
export function isPut({ value }: Write): boolean {
  return value !== undefined;
}

/** What a writer is told who would begin one table more than there may be. */
export function tooManyTables(
  { database, table }: Omit<Place, "name">,
  tablesMax: number,
): ReefError {
  const text =
    `Cannot begin table "${table}" of database "${database}": ${tablesMax} have entries, which is the limit; ` +
    "use one of them, or empty one";
  return new ReefError("resource_exhausted", text, { maybeExecuted: false });
}

function conflict(key: Uint8Array, expectedRevision: number, revision: number): ReefError {
  const there = revision === 0 ? "there is none" : `revision ${revision} is there`;
  return new ReefError(
    "aborted",
    `Cannot write ${shown(key)}: revision ${expectedRevision} was expected, ${there}; read it again`,
    {
      reason: "conflict",
      domain: StoreContract.name,
      data: { key, revision },
      maybeExecuted: false,
    },
  );
}

/** As much of a key as a line of a terminal has room for. */
function shown(key: Uint8Array): string {
  return JSON.stringify(Buffer.from(key.subarray(0, 60)).toString());
}
