/** Semantic versions as numbers: which is newer, and which promise each other the same. */

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `beta.1` of `2.0.0-beta.1`; empty for a release. */
  readonly prerelease: string;
}

/** The version as numbers; what is missing or no number is 0, because a registry may hold what nobody checked. */
export function parseVersion(text: string): Version {
  const [core = ""] = text.split(/[-+]/u, 1);
  const [major = 0, minor = 0, patch = 0] = core.split(".").map((part) => Number(part) || 0);
  const [beforeBuild = ""] = text.split("+", 1);
  return { major, minor, patch, prerelease: beforeBuild.slice(core.length + 1) };
}

/** Negative when `a` is the older one. Build metadata says nothing about age. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [parseVersion(a), parseVersion(b)];
  return (
    x.major - y.major ||
    x.minor - y.minor ||
    x.patch - y.patch ||
    comparePrereleases(x.prerelease, y.prerelease)
  );
}

export function majorOf(version: string): number {
  return parseVersion(version).major;
}

/** A release is newer than what came before it. */
function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? 1 : -1;
  const [left, right] = [a.split("."), b.split(".")];
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = comparePrereleaseParts(part, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Numbers by their value and before words, as https://semver.org has it. */
function comparePrereleaseParts(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/u.test(a), /^\d+$/u.test(b)];
  if (isNumber && isOtherNumber) return Number(a) - Number(b);
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
