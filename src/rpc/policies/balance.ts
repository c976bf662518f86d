/** Which of the ready nodes gets the next call. */
import type { Node } from "../../blocks/registry/index.ts";

/** Picks from a list that is never empty. */
export type Balance = (nodes: readonly Node[]) => Node;

/** Each node in turn. The default: even under any load, and easy to foresee. */
export function roundRobin(): Balance {
  let turn = 0;
  return (nodes) => {
    turn = turn >= nodes.length - 1 ? 0 : turn + 1;
    // The turn was just brought into the list.
    return nodes[turn] as Node;
  };
}

/** Any node: what many independent callers do best, because they do not fall in step. */
export function randomNode(random: () => number = Math.random): Balance {
  return (nodes) => nodes[Math.floor(random() * nodes.length)] as Node;
}
