/**
 * Commands that nobody wrote: `reef greeter hello --name=Ann` out of the contract of a service that is running. A
 * built-in command always wins; a service of its name is reached by `reef call`.
 *
 * After the method its fields win over the options of reef: `reef --timeout 2s greeter wait --timeout=5` sends 5 and
 * waits for two seconds. Only `--help` is never a field.
 */
import { ReefError } from "../core/errors.ts";
import { didYouMean, nearest } from "../core/suggest.ts";
import type { CliEnvironment, CommandContext, GlobalValues } from "./command.ts";
import { commands } from "./commands/index.ts";
import type { ExitCode } from "./failure.ts";
import { withEnvironmentHints } from "./environment-hints.ts";
import { failure, usageError } from "./failure.ts";
import { readFieldFlags } from "./field-flags.ts";
import { findMethod, findService } from "./find-service.ts";
import type { FoundService } from "./find-service.ts";
import { invoke } from "./invoke.ts";
import { readMethodLine } from "./method-line.ts";
import { placeOf } from "./method-place.ts";
import { printJson } from "./print.ts";
import { methodHelp, serviceHelp } from "./service-help.ts";
import { openSession } from "./session.ts";

export interface DynamicLine {
  /** Options of reef that stand before the method. */
  readonly globals: GlobalValues;
  readonly service: string;
  readonly method: string | undefined;
  /** What stands behind the method. */
  readonly args: readonly string[];
  /** Whether help is asked for. */
  readonly help: boolean;
}

/** Runs a line whose first word is no built-in command. */
export async function runDynamic(
  environment: CliEnvironment,
  line: DynamicLine,
): Promise<ExitCode> {
  const { method = "" } = line;
  const globals = await placeOf(environment, { ...line, method });
  return await runAt(environment, globals, line);
}

async function runAt(
  environment: CliEnvironment,
  globals: GlobalValues,
  line: DynamicLine,
): Promise<ExitCode> {
  const options = { command: `reef ${line.service}`, timesItself: true };
  await using session = openSession(environment, globals, options);
  return await withEnvironmentHints(session.environment, () => runIn(session, line));
}

async function runIn(session: CommandContext, line: DynamicLine): Promise<ExitCode> {
  const { service } = line;
  const found = await findService(session, service).catch(async (error: unknown) => {
    throw await unknownCommand(session, service, error);
  });
  const { method, args, help } = line;
  if (method !== undefined) return await runMethod(session, found, { name: method, args, help });
  if (session.globals.json && !help) await printJson(session, found.descriptor);
  else await session.stdout.write(serviceHelp(found.descriptor, session.stdout));
  return 0;
}

interface MethodWords {
  readonly name: string;
  readonly args: readonly string[];
  readonly help: boolean;
}

async function runMethod(
  context: CommandContext,
  { descriptor }: FoundService,
  { name, args, help }: MethodWords,
): Promise<ExitCode> {
  const method = findMethod(descriptor, name);
  if (help) {
    const fields = readFieldFlags(method.input);
    await context.stdout.write(methodHelp(descriptor, { method, fields }, context.stdout));
    return 0;
  }
  const command = `reef ${descriptor.name} ${name}`;
  const line = await readMethodLine(context, { descriptor, method, args, command, options: {} });
  return await invoke(line.context, line.invocation);
}

/** What to say when no service of that name is there: most of the time a command was meant. */
async function unknownCommand(
  context: CommandContext,
  word: string,
  thrown: unknown,
): Promise<unknown> {
  if (!(thrown instanceof ReefError)) return thrown;
  const builtIn = nearest(word, Object.keys(commands));
  const isReachable = await context.platform().then(
    () => true,
    () => false,
  );
  if (!isReachable && builtIn !== undefined) {
    const hint = `; did you mean "${builtIn}"?`;
    const message = `Unknown command "${word}", and no platform is there to look for a service`;
    return usageError(`${message}${hint}`, { tryNext: `reef ${builtIn} --help` });
  }
  if (thrown.code !== "not_found") return thrown;
  const { registry } = await context.platform();
  const { namespace, signal } = context;
  const views = await registry.list({ signal });
  const elsewhere = views.find((view) => view.service === word);
  if (elsewhere) {
    const tryNext = `reef --namespace ${elsewhere.namespace} ${word} --help`;
    return failure("not_found", thrown.message, { tryNext, cause: thrown });
  }
  const here = views.filter((view) => view.namespace === namespace).map((view) => view.service);
  const hint = didYouMean(word, [...Object.keys(commands), ...here]);
  const rule = `it is no command of reef and no service in namespace "${namespace}"`;
  return usageError(`Unknown command "${word}"${hint}: ${rule}`, { tryNext: "reef --help" });
}
