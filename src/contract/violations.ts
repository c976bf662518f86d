/** Collects what is wrong with a value, up to a limit, and says it as one error. */
import { ReefError, type Violation } from "../core/errors.ts";
import { depthMax } from "./shape.ts";
import type { StandardIssue } from "./standard-schema.ts";

/** Enough to repair a form in one go; more would let one bad message of a million items become a huge answer. */
export const violationsMax = 20;

/** An `invalid_argument` whose text names the first issue and how many more there are. */
export function violationError(subject: string, issues: readonly StandardIssue[]): ReefError {
  const violations = issues.slice(0, violationsMax).map(violationFromIssue);
  const first = violations[0] ?? { path: "", message: "is not valid" };
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : "";
  const place = first.path === "" ? "it" : `"${first.path}"`;
  return new ReefError(
    "invalid_argument",
    `Cannot accept ${subject}: ${place} ${first.message}${more}`,
    { violations, maybeExecuted: false },
  );
}

/** What a reader of any format says of a message that is deeper than `depthMax`. */
export function tooDeep(): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot read a message: it is nested deeper than ${depthMax} levels`,
    { maybeExecuted: false },
  );
}

function violationFromIssue({ path = [], message }: StandardIssue): Violation {
  let place = "";
  for (const segment of path) {
    place = joinPath(place, typeof segment === "object" ? segment.key : segment);
  }
  return { path: place, message };
}

/** `trip` and `stops` make `trip.stops`, an index makes `trip.stops[2]`, an odd key makes `labels["a b"]`. */
export function joinPath(path: string, key: PropertyKey): string {
  if (typeof key === "number") return `${path}[${key}]`;
  const name = String(key);
  if (!identifier.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

const identifier = /^[A-Za-z_$][\w$-]*$/u;
