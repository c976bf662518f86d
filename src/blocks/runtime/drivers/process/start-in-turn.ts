/** The start of many services at once, a few at a time. */
import { type Clock, sleep } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Supervisor } from "../../../../supervisor/supervisor.ts";
import type { HostedService } from "./hosted-service.ts";

/** Starts under way when a runtime begins: more would only make each other slow. */
const startsAtOnce = 4;

/** One that takes longer to be ready goes on starting beside the next. */
const startTurnMs = 3_000;

export interface StartInTurnOptions {
  readonly clock: Clock;
  /** Asked right before each start. */
  isWanted(service: HostedService): boolean;
}

export async function startInTurn(
  supervisor: Supervisor,
  services: readonly HostedService[],
  { clock, isWanted }: StartInTurnOptions,
): Promise<void> {
  const left = [...services];
  async function startNext(): Promise<void> {
    const service = left.shift();
    if (!service) return;
    if (isWanted(service)) {
      const { outcome } = service.waiters.next();
      await service.inTurn(() => supervisor.add(service.child).catch(otherwiseAdded));
      await Promise.race([outcome, sleep(startTurnMs, { clock, background: true })]);
    }
    await startNext();
  }
  await Promise.all(Array.from({ length: startsAtOnce }, startNext));
}

/** Somebody has started it meanwhile, or everything stops. */
function otherwiseAdded(thrown: unknown): void {
  const { code } = ReefError.from(thrown);
  if (code !== "already_exists" && code !== "failed_precondition") throw thrown;
}
