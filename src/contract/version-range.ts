/** Which versions a caller can work with: `^1.2`, `1.x`, `>=1.2 <3`. */
import { ReefError } from "../core/errors.ts";
import { compareVersions, majorOf } from "./version.ts";

export interface VersionRange {
  /** As it was written. Two ranges of one text are one range. */
  readonly text: string;
  has(version: string): boolean;
}

/** What a contract can be called by: every version of its major one, older minors as well as newer. */
export function rangeOf(version: string): VersionRange {
  const major = majorOf(version);
  return { text: `${major}.x`, has: (other) => majorOf(other) === major };
}

/**
 * A range as npm writes it, without `||` and hyphens: `1`, `1.2.x`, `1.2.3`, `^1.2`, `~1.2`, `>=1.2 <3`, `*`.
 * @throws {ReefError} `invalid_argument` for anything else
 */
export function parseVersionRange(text: string): VersionRange {
  const words = text.trim().split(/\s+/u);
  if (text.length > lengthMax) throw refusal(text);
  const bounds = words.flatMap((word) => boundsOf(word, text));
  return {
    text: words.join(" "),
    has: (version) => {
      return bounds.every(({ from, below }) => {
        if (from !== undefined && compareVersions(version, from) < 0) return false;
        return below === undefined || compareVersions(version, below) < 0;
      });
    },
  };
}

/** From the one, which is in, to the other, which is not. */
interface Bound {
  readonly from?: string;
  readonly below?: string;
}

/** More is no range that somebody wrote. */
const lengthMax = 200;

/** The lowest of all that have these numbers: what comes before a release is a part of its range. */
const lowest = "-0";

function boundsOf(word: string, text: string): Bound[] {
  if (/^[*x]$/iu.test(word)) return [{}];
  const found = wordPattern.exec(word);
  const [, operator = "", majorText, minorText, patchText, prerelease] = found ?? [];
  const [major, minor, patch] = [majorText, minorText, patchText].map(numberOf);
  // Numbers behind a wildcard would mean nothing.
  if (major === undefined || (minor === undefined && patch !== undefined)) throw refusal(text);
  const from = `${major}.${minor ?? 0}.${patch ?? 0}${patch === undefined ? lowest : (prerelease ?? "")}`;
  const next = (index: number) => {
    const parts = [major, minor ?? 0, patch ?? 0].map((part, at) => {
      return at < index ? part : at === index ? part + 1 : 0;
    });
    return `${parts.join(".")}${lowest}`;
  };
  const given = minor === undefined ? 0 : patch === undefined ? 1 : 2;
  switch (operator) {
    case ">=":
      return [{ from }];
    case "<":
      return [{ below: from }];
    case ">":
      return [{ from: given === 2 ? afterExactly(from) : next(given) }];
    case "<=":
      return [{ below: given === 2 ? afterExactly(from) : next(given) }];
    case "^":
      return [{ from, below: next(firstNonZero([major, minor ?? 0, patch ?? 0], given)) }];
    case "~":
      return [{ from, below: next(Math.min(given, 1)) }];
    default:
      return [{ from, below: given === 2 ? afterExactly(from) : next(given) }];
  }
}

const wordPattern =
  /^(>=|<=|>|<|=|\^|~)?v?(\d{1,9})(?:\.(\d{1,9}|x|\*))?(?:\.(\d{1,9}|x|\*))?(-[0-9A-Za-z.-]+)?$/u;

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || /[x*]/u.test(text) ? undefined : Number(text);
}

/** `^0.2` is for 0.2.x alone: the first number that is not 0 is the one that says what breaks. */
function firstNonZero(numbers: readonly number[], given: number): number {
  const index = numbers.findIndex((number) => number > 0);
  return index === -1 ? given : Math.min(index, given);
}

/** The next version after one that is written out: of a prerelease that with one more part, which is the least more. */
function afterExactly(version: string): string {
  if (version.includes("-")) return `${version}.0`;
  const [major, minor, patch] = version.split(".").map(Number);
  return `${major}.${minor}.${(patch ?? 0) + 1}${lowest}`;
}

function refusal(text: string): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot read the version range ${JSON.stringify(text)}: it is none; write one such as "^1.2", "2.x" or ">=1.2 <3"`,
    { maybeExecuted: false },
  );
}
