/**
 * What is different between two contracts, and whom it hurts.
 *
 * A change is judged for each format and in both directions, because a rename is nothing to protobuf and everything to
 * JSON, and a new enum value is harmless in an input and a surprise in an output.
 */

export type Format = "json" | "protobuf";
export type Verdict = "additive" | "breaking";

export interface Verdicts {
  /** Programs of the older contract that call a service of the newer one: what an update must not break. */
  readonly olderCaller: Verdict;
  /** Programs of the newer contract that call a service of the older one: those have to be updated last. */
  readonly newerCaller: Verdict;
}

export interface Change {
  /** Absent when it is about the contract itself. */
  readonly method?: string;
  /** `input.address.street`, `output.items[].price`, `errors.nobody`; empty when it is about the method itself. */
  readonly path: string;
  /** What has changed, and why it breaks older callers if it does. */
  readonly text: string;
  readonly json: Verdicts;
  /** All `additive` where one of the two contracts has no numbers, and therefore no protobuf. */
  readonly protobuf: Verdicts;
}

export const formats: readonly Format[] = ["json", "protobuf"];

/** Whether a caller of the older contract can no longer rely on what it says, in any format. */
export function isBreaking(change: Change): boolean {
  return formats.some((format) => change[format].olderCaller === "breaking");
}

/** The worst of all: `same` when nothing that matters to a caller has changed. */
export function verdictOf(changes: readonly Change[]): Verdict | "same" {
  if (changes.length === 0) return "same";
  return changes.some(isBreaking) ? "breaking" : "additive";
}

/** `greeter.hello input.name is new and required: ...` without the name of the service: `hello input.name ...`. */
export function changeText({ method, path, text }: Change): string {
  return [method, path, text].filter((word) => word !== undefined && word !== "").join(" ");
}

export const harmless: Verdicts = { olderCaller: "additive", newerCaller: "additive" };
export const breaksBoth: Verdicts = { olderCaller: "breaking", newerCaller: "breaking" };
export const breaksOlder: Verdicts = { olderCaller: "breaking", newerCaller: "additive" };
export const breaksNewer: Verdicts = { olderCaller: "additive", newerCaller: "breaking" };

/** Whose messages cannot be read as they were meant by a reader of the other contract. */
export type Unreadable = "none" | "older" | "newer" | "both";

/** Inputs are written by callers, everything else is written by services. */
export type Side = "input" | "output";

export function verdictsOf(unreadable: Unreadable, side: Side): Verdicts {
  if (unreadable === "none") return harmless;
  if (unreadable === "both") return breaksBoth;
  const isOfOlderCaller = (unreadable === "older") === (side === "input");
  return isOfOlderCaller ? breaksOlder : breaksNewer;
}

export function unreadableOf(isOlderLost: boolean, isNewerLost: boolean): Unreadable {
  if (isOlderLost) return isNewerLost ? "both" : "older";
  return isNewerLost ? "newer" : "none";
}
