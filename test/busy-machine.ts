/** How much longer than on a quiet machine everything takes here and now, beside other tests. */
import { startNode } from "./test-command.ts";

/** A process of Node starts and ends within half of this where nobody else has the processors. */
const startsWithinMs = 100;

/** One alone may have been lucky. */
const starts = 3;

/**
 * A time limit for work of processes, `limitMs` as somebody feels it who has the machine for himself: as many times as
 * long as Node itself takes longer to start, now that the work was just done.
 */
export async function limitHere(limitMs: number): Promise<number> {
  const began = performance.now();
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (let n = 0; n < starts; n += 1) await startNode(["--eval", "0"]).finished;
  const startMs = (performance.now() - began) / starts;
  return limitMs * Math.max(1, startMs / startsWithinMs);
}
