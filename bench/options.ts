/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";
import { ReefError } from "../src/core/errors.ts";

export interface BenchOptions {
  /** Empty: all of them. */
  readonly questions: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
  readonly seconds: number;
  readonly rounds: number;
  /** Peers to measure; undefined: all that the question compares. */
  readonly only: readonly string[] | undefined;
  /** Undefined: what the question asks for. */
  readonly concurrency: readonly number[] | undefined;
}

/** Long enough for anybody; more is a mistyped unit. */
const secondsMax = 600;
const roundsMax = 100;

/** What one connection of reef carries at once, see `limitsDefault.calls`. */
const concurrencyMax = 16_384;

/**
 * Reads the arguments after `npm run bench --`.
 * @throws {ReefError} `invalid_argument`
 */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args);
  return {
    questions: positionals,
    json: values.json,
    help: values.help,
    seconds: parseNumber("seconds", values.seconds, { max: secondsMax, whole: false }),
    rounds: parseNumber("rounds", values.rounds, { max: roundsMax, whole: true }),
    only: values.only?.split(","),
    concurrency: values.concurrency
      ?.split(",")
      .map((text) => parseNumber("concurrency", text, { max: concurrencyMax, whole: true })),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        seconds: { type: "string", default: "2" },
        rounds: { type: "string", default: "3" },
        only: { type: "string" },
        concurrency: { type: "string" },
      },
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new ReefError("invalid_argument", `Cannot read the arguments: ${text}`, {
      cause: error,
    });
  }
}

function parseNumber(
  name: string,
  text: string,
  { max, whole }: { readonly max: number; readonly whole: boolean },
): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value > 0 && value <= max && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "a whole number" : "a number";
  throw new ReefError(
    "invalid_argument",
    `Cannot read --${name}: it must be ${kind} above 0 and up to ${max}, current value is "${text}"`,
  );
}
