/** What a rig is: a function that breaks something on purpose, and says what became of the promises. */

export interface Rig {
  /** One line for the list: what is done to the system, and what must hold. */
  readonly proves: string;
  /** How long it takes with its own number of rounds, in words. */
  readonly takes: string;
  /** @default of `RigOptions.rounds` */
  readonly rounds: number;
  /** Why it cannot be run here; undefined when it can. */
  missing(): string | undefined;
  /** @throws the reason of `signal` when that fires; nothing that it started or mounted stays behind */
  run(options: RigOptions): Promise<Findings>;
}

export interface RigOptions {
  readonly rounds: number;
  /** Another one: other keys, other moments. */
  readonly seed: number;
  /** For somebody who waits. */
  readonly tell: (progress: string) => void;
  readonly signal: AbortSignal;
}

export interface Findings {
  /** What was counted, in the order in which it is told. */
  readonly figures: readonly Figure[];
  /** Each promise that did not hold; empty when all did. */
  readonly broken: readonly string[];
}

/** "48,213 acknowledged puts": the number comes first, except where the text has a place `#` for it. */
export type Figure = readonly [count: number, what: string];

/** The last line of a rig. */
export function lineOf(name: string, figures: readonly Figure[]): string {
  return `${name}: ${figures.map(figureText).join(", ")}`;
}

function figureText([count, what]: Figure): string {
  const number = count.toLocaleString("en-US", { maximumFractionDigits: 2 });
  return what.includes("#") ? what.replace("#", number) : `${number} ${what}`;
}
