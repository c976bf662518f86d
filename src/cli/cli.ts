/**
 * From the words of a command line to an exit code: finds the command, gives it its context, reports what it throws.
 */
import type {
  CliEnvironment,
  Command,
  CommandContext,
  GlobalValues,
  OptionSpecs,
} from "./command.ts";
import { globalOptions } from "./command.ts";
import { localEnvironment } from "../framework/environments/environments.ts";
import { commandIndex, parseArguments, type Values } from "./arguments.ts";
import { commandGroups, commands } from "./commands/index.ts";
import type { ExitCode } from "./failure.ts";
import { withEnvironmentHints } from "./environment-hints.ts";
import { interruptedExitCode, usageError } from "./failure.ts";
import { mergeGlobals } from "./merge-globals.ts";
import { placeIn } from "./place.ts";
import { reportError } from "./report.ts";
import { openSession } from "./session.ts";

/** Runs one command line; never throws for what a person or a service did wrong. */
export async function runCli(
  args: readonly string[],
  environment: CliEnvironment,
): Promise<ExitCode> {
  try {
    return await dispatch(args, environment);
  } catch (thrown) {
    const interrupted = interruptedExitCode(environment.signal);
    if (interrupted !== undefined) return interrupted;
    const debug = Boolean(environment.env["REEF_DEBUG"]);
    const options = { json: asks(args, "--json"), debug, place: placeIn(args) };
    return await reportError(thrown, environment.stderr, options);
  }
}

async function dispatch(args: readonly string[], environment: CliEnvironment): Promise<ExitCode> {
  const index = commandIndex(args, globalOptions);
  const before = args.slice(0, index);
  const [word, ...after] = args.slice(index);
  if (word === undefined) return await withoutCommand(before, environment);
  if (word === "help") return await dispatch([...before, ...after, "--help"], environment);
  if (word === "__complete") {
    const { runComplete } = await import("./completion/run-complete.ts");
    return await runComplete(after, environment);
  }
  const load = commands[word];
  if (load) return await runBuiltIn(await load(), { before, after }, environment);
  const { runDynamic } = await import("./dynamic.ts");
  const methodIndex = commandIndex(after, globalOptions);
  const [method, ...behind] = after.slice(methodIndex);
  return await runDynamic(environment, {
    globals: parseGlobals([...before, ...after.slice(0, methodIndex)], `reef ${word}`),
    service: word,
    method,
    args: behind,
    help: asks(args, "--help") || asks(args, "-h"),
  });
}

async function withoutCommand(
  args: readonly string[],
  environment: CliEnvironment,
): Promise<ExitCode> {
  if (args.includes("--version") && commands["version"]) {
    const others = args.filter((arg) => arg !== "--version");
    return await runBuiltIn(
      await commands["version"](),
      { before: [], after: others },
      environment,
    );
  }
  parseGlobals(args);
  const { overview } = await import("./help.ts");
  const groups = Object.entries(commandGroups).map(async ([title, group]) => {
    return { title, commands: await Promise.all(Object.values(group).map((load) => load())) };
  });
  await environment.stdout.write(overview(await Promise.all(groups), environment.stdout));
  return 0;
}

/** The words around the one that names the command. */
interface Line {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

async function runBuiltIn(
  command: Command,
  { before, after }: Line,
  environment: CliEnvironment,
): Promise<ExitCode> {
  const name = `reef ${command.name}`;
  const words = [...before, ...after];
  if (asks(words, "--help") || asks(words, "-h")) {
    const { commandHelp } = await import("./help.ts");
    await environment.stdout.write(commandHelp(command, environment.stdout));
    return 0;
  }
  // An option of its own has its place behind the command: there `--env` of `run` is a variable.
  const options: OptionSpecs = { ...globalOptions, ...command.options };
  const given = parseArguments(after, { positionals: command.positionals, options, command: name });
  const globals = mergeGlobals(parseGlobals(before, name), sharedOf(given, command));
  if (command.here) refuseElsewhere(name, globals);
  await using session = openSession(environment, globals, {
    command: name,
    timesItself: command.timesItself ?? false,
    anyNamespace: command.anyNamespace ?? false,
  });
  return await withEnvironmentHints(session.environment, () =>
    // The values were made from this command's own specs.
    command.run(session satisfies CommandContext, given as never),
  );
}

/** The values of those options that are every command's. */
function sharedOf(given: Values, { options }: Command): Values {
  const shared = Object.keys(globalOptions).filter((name) => !Object.hasOwn(options, name));
  return Object.fromEntries(shared.map((name) => [name, given[name]]));
}

/** Only where it was said in this very line: a person who works with another environment may still start a platform. */
function refuseElsewhere(name: string, { env }: GlobalValues): void {
  if (env === undefined || env === localEnvironment) return;
  const rule = `it is about this machine, and --env ${env} names another environment`;
  throw usageError(`Cannot do "${name}" there: ${rule}; leave it out, or log in to that machine`);
}

function parseGlobals(args: readonly string[], command = "reef"): GlobalValues {
  const grammar = { positionals: {}, options: globalOptions, command };
  // The values were made from these specs.
  return parseArguments(args, grammar) as GlobalValues;
}

/** Whether a bare flag stands before `--`: help and the form of errors must not depend on the rest being right. */
function asks(args: readonly string[], flag: string): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).includes(flag);
}
