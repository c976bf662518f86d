/** The context of one command: its connection to the platform, its time limit, its voice. */
import { ReefError } from "../core/errors.ts";
import { homeNamespace } from "../core/namespace-access.ts";
import { didYouMean } from "../core/suggest.ts";
import {
  type ChosenEnvironment,
  chooseEnvironment,
  shownEnvironment,
} from "./chosen-environment.ts";
import type { CliEnvironment, CommandContext, GlobalValues } from "./command.ts";
import { formatDuration } from "./duration.ts";
import { failure } from "./failure.ts";
import type { Platform } from "../framework/platform.ts";
import { painter } from "./terminal.ts";

export interface SessionOptions {
  /** `reef list`, for the message of a time limit. */
  readonly command: string;
  /** The command keeps `--timeout` itself. @default false */
  readonly timesItself?: boolean;
  /** The namespace need not be there. @default false */
  readonly anyNamespace?: boolean;
  /** Says nothing of the environment. @default false */
  readonly quiet?: boolean;
}

/** A context that closes the platform, if the command asked for it, when it is disposed. */
export function openSession(
  environment: CliEnvironment,
  globals: GlobalValues,
  options: SessionOptions,
): CommandContext & AsyncDisposable {
  const { command, timesItself = false, anyNamespace = false, quiet = false } = options;
  const limit = new AbortController();
  const timer =
    globals.timeout === undefined || timesItself
      ? undefined
      : environment.clock.after(globals.timeout, () => limit.abort(tooLate(command, globals)));
  const signal = timer ? AbortSignal.any([environment.signal, limit.signal]) : environment.signal;
  const opened: Promise<Platform>[] = [];
  let chosen: { readonly environment: ChosenEnvironment } | undefined;
  let shared: Promise<Platform> | undefined;
  const choose = () =>
    (chosen ??= { environment: chooseEnvironment(environment.env, globals) }).environment;
  const namespace = () =>
    globals.namespace ?? (environment.env["REEF_NAMESPACE"] || (choose()?.namespace ?? "default"));

  function open(anonymous: boolean): Promise<Platform> {
    const named = choose();
    const { state } = globals;
    const options = { state, namespace: namespace(), named, anonymous, anyNamespace };
    const opening = sayWhere(environment, { named, quiet: quiet || globals.json }).then(() =>
      openPlatform(environment, options, signal),
    );
    opened.push(opening);
    return opening;
  }
  return {
    ...environment,
    globals,
    signal,
    get namespace() {
      return namespace();
    },
    environment: choose,
    platform: async ({ anonymous = false } = {}) =>
      anonymous ? open(true) : (shared ??= open(false)),
    async [Symbol.asyncDispose]() {
      timer?.cancel();
      for (const each of opened) {
        // One that could not be opened was reported by whoever asked for it.
        // oxlint-disable-next-line no-await-in-loop -- there are two at most
        const platform = await each.catch(() => undefined);
        // oxlint-disable-next-line no-await-in-loop
        await platform?.[Symbol.asyncDispose]();
      }
    },
  };
}

/** Once in a command, for a person: what is typed next may be for another window. */
async function sayWhere(
  { stderr }: CliEnvironment,
  { named, quiet }: { readonly named: ChosenEnvironment; readonly quiet: boolean },
): Promise<void> {
  if (!named || quiet || !stderr.isTty) return;
  await stderr.write(`${painter(stderr, "busy")(`env ${shownEnvironment(named)}`)}\n`);
}

interface PlatformChoice {
  readonly state: string | undefined;
  readonly namespace: string;
  readonly named: ChosenEnvironment;
  readonly anonymous: boolean;
  readonly anyNamespace: boolean;
}

async function openPlatform(
  environment: CliEnvironment,
  { state, namespace, named, anonymous, anyNamespace }: PlatformChoice,
  signal: AbortSignal,
): Promise<Platform> {
  try {
    const platform = await environment.openPlatform({
      signal,
      namespace,
      ...(state !== undefined && { state }),
      ...(named && { environment: named, anonymous }),
    });
    // Elsewhere not everybody may know which there are; that platform refuses by itself.
    if (!anyNamespace && !named) await refuseUnknown(platform, namespace, signal);
    return platform;
  } catch (thrown) {
    signal.throwIfAborted();
    const error = ReefError.from(thrown);
    if (error.code !== "unavailable") throw thrown;
    if (named)
      throw failure("unavailable", error.message, { tryNext: "reef env list", cause: error });
    const tryNext = state === undefined ? "reef server" : `reef server --state ${state}`;
    // What to do next stands at the end of the text for programs; here it has a line of its own.
    const message = error.message.replace(/; start it with "reef server"$/, "");
    throw failure("unavailable", message, { tryNext, cause: error });
  }
}

/** A slip in its name would look like a namespace with nothing in it. */
async function refuseUnknown(
  platform: Platform,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  // The first two are always there: nothing is asked for most commands.
  if (namespace === homeNamespace || namespace === platformName) return;
  const { namespaces } = platform;
  if (await namespaces.get(namespace, { signal }).catch(unknown)) return;
  const { items } = await namespaces.list({ signal });
  const hint = didYouMean(
    namespace,
    items.map(({ name }) => name),
  );
  await platform[Symbol.asyncDispose]();
  throw failure("not_found", `Cannot work in the namespace "${namespace}": there is none${hint}`, {
    tryNext: hint === "" ? `reef namespace create ${namespace}` : "reef namespace list",
  });
}

/** Who may not ask for it is told so by what he came for. */
function unknown(error: unknown): true {
  const { code } = ReefError.from(error);
  if (code !== "permission_denied" && code !== "unauthenticated") throw error;
  return true;
}

/** As the registry has it, which is not loaded for this. */
const platformName = "reef";

function tooLate(command: string, { timeout = 0 }: GlobalValues): ReefError {
  const message = `Cannot finish "${command}" in time: the limit is ${formatDuration(timeout)}`;
  return failure("deadline_exceeded", message);
}
