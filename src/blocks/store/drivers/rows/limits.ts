/** How much a store keeps where its owner has not said less: one place for the defaults of all drivers. */
import * as defaults from "../../index.ts";
import type { StoreLimits } from "../../index.ts";

/** Each of them chosen. */
export type Limits = Required<StoreLimits>;

export function limitsOf({
  tablesMax = defaults.tablesMax,
  historyMax = defaults.historyMax,
  historyBytesMax = defaults.historyBytesMax,
}: StoreLimits): Limits {
  return { tablesMax, historyMax, historyBytesMax };
}
