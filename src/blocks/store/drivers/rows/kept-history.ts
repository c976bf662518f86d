/** Whether a watch can go on: what of the past is still known, and of which history it is. */
import type { Moment } from "../../index.ts";

/** What of the past a store still knows: what happened behind `forgotten`, up to now. */
export interface KeptHistory extends Moment {
  readonly forgotten: number;
}

/** Whether all is known that happened behind a moment. */
export function isKept({ epoch, revision, forgotten }: KeptHistory, after: Moment): boolean {
  return epoch === after.epoch && forgotten <= after.revision && after.revision <= revision;
}
