/** Tells a second Ctrl-C from the echo of the first. */
import { type Clock, systemClock } from "./clock.ts";

/**
 * npm passes the signals of its terminal on to a program that is in the same terminal and has had them already. No
 * person presses a key twice in this time on purpose.
 */
export const signalEchoMs = 250;

/** To be asked at each signal; says which one it is. */
export type SignalOrder = () => "first" | "echo" | "again";

export function createSignalOrder(clock: Clock = systemClock): SignalOrder {
  let firstAtMs: number | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (firstAtMs === undefined) {
      firstAtMs = nowMs;
      return "first";
    }
    return nowMs - firstAtMs < signalEchoMs ? "echo" : "again";
  };
}
