/**
 * The versions of one service that run side by side, by their major number: within one, a newer version keeps what an
 * older one promised, so the newest answers; between two, callers choose (docs/decisions, "Versions in the URL").
 */
import type { Node } from "../../blocks/registry/index.ts";
import { compareVersions, majorOf, parseVersion } from "../../contract/version.ts";
import type { Timer } from "../../core/clock.ts";
import type { Upstream } from "./upstream.ts";

export interface ServedVersion {
  readonly major: number;
  /** The digest of the contract that it is to be served by. */
  wanted: string;
  /** Absent until that contract is here. */
  upstream: Upstream | undefined;
  /** Runs while it has no node and others have: it restarts, or is gone for good. */
  leaving: Timer | undefined;
}

export interface ServedVersions {
  readonly byMajor: Map<number, ServedVersion>;
  /** Some version of it has a node. */
  present: boolean;
  /** What a path without a version means. */
  unversioned: Upstream | undefined;
}

/**
 * How long a version keeps its place without a node while another version has some. A restart takes a second or two;
 * until it is over, who asked for the old version must not be given the new one.
 */
export const versionHoldMs = 10_000;

/**
 * The version that a path without one means: the lowest that is released. Who says nothing was written for what was
 * there first, and a new major version is where promises end; so it waits to be asked for.
 */
export function unversionedOf({ byMajor }: ServedVersions): Upstream | undefined {
  const upstreams = [...byMajor.values()]
    .toSorted((a, b) => a.major - b.major)
    .flatMap(({ upstream }) => upstream ?? []);
  const isReleased = ({ descriptor }: Upstream): boolean => {
    return parseVersion(descriptor.version).prerelease === "";
  };
  return upstreams.find(isReleased) ?? upstreams[0];
}

/**
 * The node of each major version whose contract is served: one that takes calls rather than one that starts or leaves,
 * then the highest version, then the last that came (while somebody develops, the version stays and the contract
 * changes).
 */
export function newestNodes(nodes: Iterable<Node>): ReadonlyMap<number, Node> {
  const newest = new Map<number, Node>();
  for (const node of nodes) {
    const major = majorOf(node.version);
    const known = newest.get(major);
    if (!known || compare(node, known) >= 0) newest.set(major, node);
  }
  return newest;
}

function compare(a: Node, b: Node): number {
  return stateRank[a.state] - stateRank[b.state] || compareVersions(a.version, b.version);
}

const stateRank: { readonly [state in Node["state"]]: number } = {
  draining: 0,
  starting: 1,
  ready: 2,
};
