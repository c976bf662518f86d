/** What has to happen next: a pure function of what is true now, so that nothing depends on the order of messages. */
import type { Roster } from "./roster.ts";
import { heldBack, type Strategy } from "./strategy.ts";
import type { Supervised } from "./supervised.ts";

export interface NextSteps {
  /** Run, have to stop, and nobody who depends on them still has to stop first; last in start order first. */
  readonly stop: readonly Supervised[];
  /** Wait, and have everything they need. */
  readonly start: readonly Supervised[];
}

/** In a `hurry` everybody who has to stop is told so, whatever the order. */
export function nextSteps(
  roster: Roster,
  options: { readonly strategy: Strategy; readonly hurry: boolean },
): NextSteps {
  const { strategy, hurry } = options;
  const children = roster.all;
  const needed = new Set(hurry ? [] : children.filter(goes).flatMap((child) => child.dependsOn));
  const statuses = children.map((child) => (goes(child) ? "stopping" : child.status));
  return {
    stop: children
      .filter((child) => goes(child) && child.status !== "stopping" && !needed.has(child.name))
      .toReversed(),
    start: children.filter(
      (child, position) =>
        child.status === "waiting" &&
        roster.waitingFor(child).length === 0 &&
        !heldBack(strategy, position, statuses),
    ),
  };
}

/** It runs and has to stop, whether or not it has been told. */
function goes(child: Supervised): boolean {
  return child.leaving && child.running;
}
