/** When a program that does not know reef takes calls: looked at from outside. */
import { get } from "node:http";
import { connect } from "node:net";

import { backoffMs } from "../../../../core/backoff.ts";
import { type Clock, sleep, systemClock } from "../../../../core/clock.ts";

export interface ReadinessOptions {
  /** `port`, `started`, or a path, as in `RunSpec.readiness`. */
  readonly readiness: string;
  readonly port: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** A program that is ready should be known as such within a moment, and one that takes long be left alone. */
const pauseMinMs = 20;
const pauseMaxMs = 250;

/** One look; a program that answers its own check later than this is not ready. */
const lookMs = 2_000;

/** True when it is ready, false when the signal fired before. */
export async function untilReady(options: ReadinessOptions): Promise<boolean> {
  const { readiness, port, signal, clock = systemClock } = options;
  if (readiness === "started") return !signal.aborted;
  const look = readiness === "port" ? connects : answers;
  for (let looks = 1; !signal.aborted; looks += 1) {
    // One look after the other: that is what is waited for.
    // oxlint-disable-next-line no-await-in-loop
    if (await look(port, readiness)) return !signal.aborted;
    const pauseMs = backoffMs(looks, { baseMs: pauseMinMs, maxMs: pauseMaxMs });
    // oxlint-disable-next-line no-await-in-loop
    await sleep(pauseMs, { clock, signal }).catch(ignoreStop);
  }
  return false;
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: lookMs });
    const settle = (ready: boolean) => () => {
      socket.destroy();
      resolve(ready);
    };
    socket.once("connect", settle(true));
    socket.once("timeout", settle(false));
    socket.once("error", settle(false));
  });
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(lookMs);
    const request = get({ host: "127.0.0.1", port, path, agent: false, signal }, (response) => {
      const { statusCode = 0 } = response;
      resolve(statusCode >= 200 && statusCode < 300);
      response.destroy();
    });
    request.once("error", () => resolve(false));
  });
}

/** The loop sees it by itself. */
function ignoreStop(): void {}
