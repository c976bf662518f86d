/** The nodes that promise what one that comes promises, too: one name and major version is one promise. */
import { majorOf } from "../../../../contract/version.ts";
import type { Node } from "../../index.ts";

/** One node of each of their contracts; none where there is nothing to compare, or it was compared before. */
export function othersOfMajor(node: Node, present: Iterable<Node>): ReadonlyMap<string, Node> {
  const major = majorOf(node.version);
  const others = new Map<string, Node>();
  if (major === 0) return others;
  for (const other of present) {
    // Judged when the first of them came.
    if (other.contractDigest === node.contractDigest && other.version === node.version) {
      return new Map();
    }
    if (majorOf(other.version) === major) others.set(other.contractDigest, other);
  }
  return others;
}
