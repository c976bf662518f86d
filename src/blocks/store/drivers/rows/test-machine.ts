/** A machine whose clocks the test moves: the one that began with its start, and the one on the wall. */
import type { Clock } from "../../../../core/clock.ts";
import { createManualClock } from "../../../../testing/manual-clock.ts";
import type { ReopenOptions } from "../../conformance.ts";

export interface TestMachine {
  readonly clock: Clock;
  /** Of the present start. */
  readonly bootId: string;
  advance(ms: number): Promise<void>;
  /** What happens while nothing of ours runs on it. */
  pass(options?: ReopenOptions): Promise<void>;
}

export function createTestMachine(): TestMachine {
  const clock = createManualClock();
  let [boots, bootedAtMs, wallMs] = [1, 0, 0];
  return {
    clock: {
      monotonicMs: () => clock.monotonicMs() - bootedAtMs,
      wallMs: () => clock.wallMs() + wallMs,
      after: clock.after,
    },
    get bootId() {
      return `${boots}`;
    },
    advance: (ms) => clock.advance(ms),
    async pass({ offMs = 0, wallJumpMs = 0, reboot = false } = {}) {
      await clock.advance(offMs);
      wallMs += wallJumpMs;
      if (reboot) [boots, bootedAtMs] = [boots + 1, clock.monotonicMs()];
    },
  };
}
