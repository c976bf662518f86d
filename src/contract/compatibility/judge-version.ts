/**
 * Whether a contract may take the place of another: additions may at any time, what breaks older callers needs a new
 * major version. Versions before 1.0.0 are written to find out what the promise is, and have made none yet.
 */
import type { ContractDescriptor } from "../descriptor.ts";
import { compareVersions, majorOf } from "../version.ts";
import { type Change, isBreaking } from "./change.ts";
import { compareContracts } from "./compare-contracts.ts";

export interface Judgement {
  readonly changes: readonly Change[];
  /** Those that break callers of the older contract. */
  readonly breaking: readonly Change[];
  /**
   * `same-line`: both have one major version, and older callers meet the newer service. `new-line`: another one, which
   * runs beside. `unstable`: before 1.0.0.
   */
  readonly line: "same-line" | "new-line" | "unstable";
  /** Nothing breaks that was promised. */
  readonly allowed: boolean;
}

/** The newer one by its version; where the versions are equal, the second. */
export function judgeVersion(present: ContractDescriptor, coming: ContractDescriptor): Judgement {
  const isBack = compareVersions(coming.version, present.version) < 0;
  const [older, newer] = isBack ? [coming, present] : [present, coming];
  const changes = compareContracts(older, newer);
  const breaking = changes.filter(isBreaking);
  const major = majorOf(older.version);
  const line =
    major !== majorOf(newer.version) ? "new-line" : major === 0 ? "unstable" : "same-line";
  return { changes, breaking, line, allowed: line !== "same-line" || breaking.length === 0 };
}

/** The version that a contract with breaking changes needs. */
export function nextMajor(version: string): string {
  return `${majorOf(version) + 1}.0.0`;
}
