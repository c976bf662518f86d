/** The command line of `npm run faults`. */
import { parseArgs } from "node:util";
import { ReefError } from "../../src/core/errors.ts";
import { didYouMean } from "../../src/core/suggest.ts";

export interface FaultsOptions {
  /** Empty: nobody said what to run. */
  readonly names: readonly string[];
  /** Undefined: as many as each rig has itself. */
  readonly rounds: number | undefined;
  readonly seed: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** A night of them; more is a mistyped number. */
const roundsMax = 100_000;

const seedMax = 1_000_000;

/**
 * Reads the arguments after `npm run faults --`; `all` is every one of `known`.
 * @throws {ReefError} `invalid_argument`
 */
export function parseOptions(args: readonly string[], known: readonly string[]): FaultsOptions {
  const { values, positionals } = parse(args);
  const unknown = positionals.find((name) => name !== "all" && !known.includes(name));
  if (unknown !== undefined) {
    throw new ReefError(
      "invalid_argument",
      `Cannot run "${unknown}": there is no such rig${didYouMean(unknown, known)}; choose from ${known.join(", ")}, all`,
    );
  }
  return {
    names: positionals.includes("all") ? known : [...new Set(positionals)],
    rounds:
      values.rounds === undefined ? undefined : wholeNumber("rounds", values.rounds, 1, roundsMax),
    seed: wholeNumber("seed", values.seed, 0, seedMax),
    json: values.json,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        seed: { type: "string", default: "1" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new ReefError("invalid_argument", `Cannot read the arguments: ${text}`, { cause: error });
  }
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new ReefError(
    "invalid_argument",
    `Cannot use --${name} ${text}: it must be a whole number from ${min} to ${max}`,
  );
}
