/** Who else is restarted when a child fails, and who has to wait meanwhile. */
import type { ChildStatus } from "./events.ts";

/**
 * - `one-for-one`: only the child itself; children are independent
 * - `rest-for-one`: the child and those that start after it
 * - `one-for-all`: every child; they make sense only together
 */
export type Strategy = "one-for-one" | "rest-for-one" | "one-for-all";

/** The siblings that are restarted with `failed`, out of all names in start order. */
export function restartedWith(
  strategy: Strategy,
  order: readonly string[],
  failed: string,
): readonly string[] {
  switch (strategy) {
    case "one-for-one":
      return [];
    case "rest-for-one":
      return order.slice(order.indexOf(failed) + 1);
    case "one-for-all":
      return order.filter((name) => name !== failed);
  }
}

/**
 * Whether the child at `position` must wait for its siblings although its dependencies are ready. A group comes back
 * only when all of it has stopped and the delay of the child that failed is over: no old member meets a new one.
 */
export function heldBack(
  strategy: Strategy,
  position: number,
  statuses: readonly ChildStatus[],
): boolean {
  if (strategy === "one-for-one") return false;
  const ahead = strategy === "rest-for-one" ? statuses.slice(0, position) : statuses;
  return statuses.includes("stopping") || ahead.includes("restarting") || ahead.includes("paused");
}
