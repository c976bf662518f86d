/** The context of one command: its connection to the platform, its time limit, its voice. */
import { ReefError } from "../core/errors.ts";
import type { CliEnvironment, CommandContext, GlobalValues } from "./command.ts";
import { formatDuration } from "./duration.ts";
import { failure } from "./failure.ts";
import type { Platform } from "../framework/platform.ts";

export interface SessionOptions {
  /** `reef list`, for the message of a time limit. */
  readonly command: string;
  /** The command keeps `--timeout` itself. @default false */
  readonly timesItself?: boolean;
}

/** A context that closes the platform, if the command asked for it, when it is disposed. */
export function openSession(
  environment: CliEnvironment,
  globals: GlobalValues,
  options: SessionOptions,
): CommandContext & AsyncDisposable {
  const { command, timesItself = false } = options;
  const limit = new AbortController();
  const timer =
    globals.timeout === undefined || timesItself
      ? undefined
      : environment.clock.after(globals.timeout, () => limit.abort(tooLate(command, globals)));
  const signal = timer ? AbortSignal.any([environment.signal, limit.signal]) : environment.signal;
  const namespace = globals.namespace ?? (environment.env["REEF_NAMESPACE"] || "default");
  let opened: Promise<Platform> | undefined;
  return {
    ...environment,
    globals,
    signal,
    namespace,
    platform: () =>
      (opened ??= openPlatform(environment, { state: globals.state, namespace }, signal)),
    async [Symbol.asyncDispose]() {
      timer?.cancel();
      // One that could not be opened was reported by whoever asked for it.
      const platform = await opened?.catch(() => undefined);
      await platform?.[Symbol.asyncDispose]();
    },
  };
}

async function openPlatform(
  environment: CliEnvironment,
  { state, namespace }: { readonly state: string | undefined; readonly namespace: string },
  signal: AbortSignal,
): Promise<Platform> {
  try {
    return await environment.openPlatform({
      signal,
      namespace,
      ...(state !== undefined && { state }),
    });
  } catch (thrown) {
    signal.throwIfAborted();
    const error = ReefError.from(thrown);
    if (error.code !== "unavailable") throw thrown;
    const tryNext = state === undefined ? "reef server" : `reef server --state ${state}`;
    // What to do next stands at the end of the text for programs; here it has a line of its own.
    const message = error.message.replace(/; start it with "reef server"$/, "");
    throw failure("unavailable", message, { tryNext, cause: error });
  }
}

function tooLate(command: string, { timeout = 0 }: GlobalValues): ReefError {
  const message = `Cannot finish "${command}" in time: the limit is ${formatDuration(timeout)}`;
  return failure("deadline_exceeded", message);
}
