/** Which programs have callers. */
import type { RunSpec } from "../../index.ts";

/** A worker without a port is nobody's to call, and nobody has to wait for it. */
export function isCalled({ readiness, contract, port }: RunSpec): boolean {
  return readiness !== "started" || contract !== undefined || port !== undefined;
}
