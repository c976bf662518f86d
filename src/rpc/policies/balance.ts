/** Which of the ready nodes gets the next call. */
import type { Node } from "../../blocks/registry/index.ts";

/** Picks from a list that is never empty; `turn` counts the picks of this service in this process. */
export type Balance = (nodes: readonly Node[], turn: number) => Node;

/**
 * Each node in turn: even under any load, and easy to foresee. The default. Where the turns begin is left to chance, so
 * that many callers that make one call each do not all make it to the same node.
 */
export function roundRobin(random: () => number = Math.random): Balance {
  const first = Math.floor(random() * 65_536);
  // The remainder is within the list.
  return (nodes, turn) => nodes[(first + turn) % nodes.length] as Node;
}

/** Any node: what many independent callers do best, because they do not fall in step. */
export function randomNode(random: () => number = Math.random): Balance {
  return (nodes) => nodes[Math.floor(random() * nodes.length)] as Node;
}
