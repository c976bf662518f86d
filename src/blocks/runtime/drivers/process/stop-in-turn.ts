/** The end of all services, in an order in which they need each other as little as possible. */
import { type Clock, sleep } from "../../../../core/clock.ts";
import type { Supervisor } from "../../../../supervisor/supervisor.ts";
import { joinName, type QualifiedName } from "./qualified-name.ts";

/** How long one service may take before the one before it is told, too. */
const turnMs = 1_500;

/** All turns together: what is left of the platform's own time to stop is for those that take longer. */
const turnsMs = 3_000;

/**
 * The last one that was started first, because services are started after those that they call. One that takes its
 * time does not hold up the others for long; what is still there then, the supervisor stops.
 */
export async function stopInTurn(
  supervisor: Supervisor,
  services: readonly QualifiedName[],
  clock: Clock,
): Promise<void> {
  const endsAtMs = clock.monotonicMs() + turnsMs;
  for (const service of services.toReversed()) {
    const gone = supervisor.stop(joinName(service)).catch(inReport);
    const waitMs = Math.min(turnMs, endsAtMs - clock.monotonicMs());
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    if (waitMs > 0) await Promise.race([gone, sleep(waitMs, { clock, background: true })]);
  }
}

/** One that did not stop in time is named by the supervisor's own report. */
function inReport(): void {}
