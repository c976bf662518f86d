/** `npm run faults -- NAME`: breaks a platform on purpose, and says which promises held. */
import { ReefError } from "../../src/core/errors.ts";
import { type FaultsOptions, parseOptions } from "./options.ts";
import { lineOf, type Rig } from "./rig.ts";
import { rigs } from "./rigs.ts";

const nameWidth = Math.max(...Object.keys(rigs).map((name) => name.length)) + 2;

const usage = `Usage: npm run faults -- NAME... [options]

Breaks a platform on purpose, each time one of its own in a temporary folder, and compares what it acknowledged with
what is there afterwards. Progress goes to standard error; the last line of each rig, with its figures, to standard
output. docs/faults.md says what each rig does and needs.

Rigs:
${Object.entries(rigs).map(describe).join("\n")}
  ${"all".padEnd(nameWidth)}one after the other

  --rounds N    how often the fault happens      [what the rig has itself]
  --seed S      other keys, other moments        [1]
  --json        one JSON object for each rig (npm run --silent adds nothing)
  --help

Exit code 0: every promise held. 1: one did not, or the rig cannot be run here. 2: bad arguments. 130: Ctrl-C.

Examples:
  npm run faults -- kill
  npm run faults -- kill --rounds 100 --seed 7
  npm run faults -- all --json
`;

const exitCodes = { held: 0, broken: 1, badArguments: 2, interrupted: 130 };

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const over = new AbortController();
  // A second Ctrl-C ends it at once, as everywhere.
  process.once("SIGINT", () => over.abort(new ReefError("cancelled", "Ctrl-C was pressed")));
  process.once("SIGTERM", () => over.abort(new ReefError("cancelled", "It was asked to end")));
  try {
    const options = parseOptions(args, Object.keys(rigs));
    if (options.help || options.names.length === 0) {
      process.stdout.write(usage);
      return exitCodes.held;
    }
    let exitCode = exitCodes.held;
    for (const name of options.names) {
      if (!(await held(name, options, over.signal))) exitCode = exitCodes.broken;
    }
    return exitCode;
  } catch (error) {
    if (over.signal.aborted) {
      say("Interrupted; what it had started is gone");
      return exitCodes.interrupted;
    }
    if (!(error instanceof ReefError && error.code === "invalid_argument")) throw error;
    say(`${error.message}\nnpm run faults -- --help says more`);
    return exitCodes.badArguments;
  }
}

/** Runs one rig and prints its line. */
async function held(name: string, options: FaultsOptions, signal: AbortSignal): Promise<boolean> {
  // Its name was checked.
  const rig = rigs[name]!;
  const { rounds = rig.rounds, seed, json } = options;
  const missing = rig.missing();
  if (missing !== undefined) {
    print(json ? { rig: name, skipped: missing } : `${name}: skipped, ${missing}`);
    return false;
  }
  say(`${name}: ${rig.proves}`);
  const startedAt = performance.now();
  const tell = (text: string) => say(`  ${text}`);
  const { figures, broken } = await rig.run({ rounds, seed, tell, signal });
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  for (const promise of broken) say(`  broken: ${promise}`);
  if (json) print({ rig: name, seed, rounds, held: broken.length === 0, seconds, figures, broken });
  else print(lineOf(name, figures));
  return broken.length === 0;
}

function describe([name, { proves, takes, rounds }]: [string, Rig]): string {
  return `  ${name.padEnd(nameWidth)}${proves}\n${" ".repeat(nameWidth + 2)}${times(rounds)}, ${takes}`;
}

function times(rounds: number): string {
  return rounds === 1 ? "once" : `${rounds} times`;
}

function print(line: string | object): void {
  process.stdout.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
}

/** Standard output is for results. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
