/** Writers who lost a race are told what is there now. */
import { ReefError } from "../../../../core/errors.ts";
import { StoreContract, type Write } from "../../contract.ts";

/**
 * Nothing is written when one entry is not the one that was expected. `revisionOf` is of the entry that is there.
 * @throws {ReefError} `aborted`, the typed error `conflict` of the contract
 */
export function refuseConflicts(
  writes: readonly Write[],
  revisionOf: (key: Uint8Array) => number | undefined,
): void {
  for (const { key, expectedRevision } of writes) {
    if (expectedRevision === undefined) continue;
    const revision = revisionOf(key) ?? 0;
    if (revision === expectedRevision) continue;
    const there = revision === 0 ? "there is none" : `revision ${revision} is there`;
    throw new ReefError(
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
}

/** As much of a key as a line of a terminal has room for. */
function shown(key: Uint8Array): string {
  return JSON.stringify(Buffer.from(key.subarray(0, 60)).toString());
}
