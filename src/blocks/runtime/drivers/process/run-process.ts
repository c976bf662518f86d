/** One process of a service, from its start to the end of its group. */
import { ReefError } from "../../../../core/errors.ts";
import { processChild, type ProcessExit } from "../../../../supervisor/process-child.ts";
import { environmentOf } from "./environment.ts";
import type { HostedService, Start } from "./hosted-service.ts";
import type { ProcessRuntimeOptions } from "./options.ts";

export interface ServiceProcess extends ProcessRuntimeOptions {
  readonly service: HostedService;
  /** What `run` was given. */
  readonly spec: {
    readonly args: readonly string[];
    readonly env: { readonly [name: string]: string };
  };
  readonly start: Start;
}

/** Time to end calls and close files; a person who presses Ctrl-C waits for it. */
const stopGraceDefaultMs = 3_000;

/**
 * Runs it, and stops it when `signal` fires. Resolves when it was stopped.
 * @throws {ReefError} `unavailable` when it ended otherwise: its text is `exit code 1`, or `signal SIGKILL`
 */
export async function runProcess(options: ServiceProcess, signal: AbortSignal): Promise<void> {
  const { service, spec, start, groups, stopGraceMs = stopGraceDefaultMs } = options;
  const { command, args, folder } = service.program;
  let exit: ProcessExit | undefined;
  const run = processChild({
    command,
    args: [...args, ...spec.args],
    cwd: folder,
    env: environmentOf({
      outer: options.environment ?? process.env,
      given: spec.env,
      platform: options.platform,
      instance: start.instance,
      namespace: service.namespace,
      name: service.name,
      socketsFolder: options.socketsFolder,
      cacheFolder: options.cacheFolder,
    }),
    // Both append to one file, so that lines stand in the order in which the process writes them.
    stdout: service.logPath,
    stderr: service.logPath,
    groups,
    stopGraceMs,
    onSpawn: ({ pid }) => {
      start.pid = pid;
    },
    onExit: (end) => {
      exit = end;
    },
  });
  // The registry says when it is ready, and nobody below it is a child of ours.
  const context = { signal, path: command, ready: nothing, unstopped: nothing };
  try {
    await run(context);
  } catch (cause) {
    if (!exit) throw cause;
    throw new ReefError("unavailable", describe(exit), { cause });
  }
  // Code 0 is fine for a program that was asked to end; a service that ends unasked is a failure whatever its code.
  if (exit && !exit.asked) throw new ReefError("unavailable", describe(exit));
}

function describe({ code, signal }: ProcessExit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}

function nothing(): void {}
