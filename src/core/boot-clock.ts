/** Time that goes on from one process to the next: it began with the machine. What was noted by it is of one boot. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type Clock, systemClock } from "./clock.ts";

/** Its monotonic time began with the machine, not with the process. */
export const bootClock: Clock = {
  ...systemClock,
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
};

/** Another one after each start of the machine. Synchronous, because it must work in an exit handler. */
export function bootIdOf(): string {
  if (process.platform === "linux") {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  }
  return execFileSync("sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" }).trim();
}
