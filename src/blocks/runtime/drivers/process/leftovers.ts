/** What a runtime before this one has left behind, in the middle of something or because nobody wanted it any more. */
import type { Clock } from "../../../../core/clock.ts";
import type { Logger } from "../../../../core/log.ts";
import { adoptedProcess } from "../../../../supervisor/adopted-process.ts";
import type { ProcessGroups } from "../../../../supervisor/process-groups.ts";
import { type ProcessIdentity, signalGroup } from "../../../../supervisor/process-identity.ts";
import type { Findings } from "./adoption.ts";
import { dropSockets, restoreSockets } from "./held-sockets.ts";
import type { KeptRecord } from "./kept-record.ts";

export interface EndAllOptions {
  readonly groups: ProcessGroups;
  readonly log: Logger;
  readonly clock: Clock;
  /** @default 3_000 */
  readonly stopGraceMs?: number;
}

/** Settles when none of them lives. */
export async function endAll(
  { unwanted, strayGroups }: Omit<Findings, "present">,
  { groups, log, clock, stopGraceMs = 3_000 }: EndAllOptions,
): Promise<void> {
  for (const group of strayGroups) {
    log.info("Ending what has outlived a process that ended", { group });
    // As the rest of one that ends while it is watched.
    signalGroup(group, "SIGKILL");
  }
  const told = { signal: AbortSignal.abort(), path: "", ready() {}, unstopped() {} };
  await Promise.all(
    unwanted.map(async (identity) => {
      log.info("Ending a process that nobody wants any more", { pid: identity.pid });
      await adoptedProcess({ identity, groups, stopGraceMs, clock })(told);
    }),
  );
}

/**
 * Of an update that was under way, when the process is gone that was not to stay. `found` is the one that goes on.
 */
export async function clearUp(
  record: KeptRecord,
  found: ProcessIdentity | undefined,
): Promise<void> {
  const { held, others, present } = record.value;
  // The one that they belong to goes on; else they were in the way of the one that has taken its place.
  const isOld = found && held?.instance === present?.instance;
  if (held) await (isOld ? restoreSockets(held.paths) : dropSockets(held.paths));
  if (held || others.length > 0) record.change({ held: undefined, others: [] });
}
