import { resolve } from "node:path";
import type { Runtime } from "../../blocks/runtime/index.ts";
import { ReefError } from "../../core/errors.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { formatDuration } from "../duration.ts";
import type { ExitCode } from "../failure.ts";
import { usageError } from "../failure.ts";
import { logPrinter } from "../log-printer.ts";
import { note, printJson } from "../print.ts";
import { didYouMean } from "../../core/suggest.ts";
import type { Excludable, RunningServer } from "../../server/start-server.ts";
import type { StopReport, SupervisorEvent } from "../../supervisor/events.ts";
import { painter } from "../terminal.ts";

export const server = command({
  name: "server",
  summary: "Start the platform and run it until Ctrl-C",
  about: `Starts the registry, the runtime and the HTTP gateway in one process. Ctrl-C lets calls under way finish, stops
services and then the platform; a second Ctrl-C ends everything at once. The gateway listens on this machine only
unless --host says otherwise. Two platforms on one machine need two --state folders and two ports.
Services that are named run from the start, and what services print is shown here.`,
  examples: [
    ["reef server", "with the gateway on http://127.0.0.1:8080"],
    ["reef server ./trip.ts ./passenger.ts", "runs two services and shows what they print"],
    ["reef server --state ./.reef --port 8090", "a second platform beside it"],
    ["reef server --exclude gateway", "without HTTP"],
  ],
  positionals: {
    paths: { description: "Services to run: files, or folders with one", list: true },
  },
  options: {
    port: {
      type: "integer",
      placeholder: "PORT",
      minimum: 0,
      maximum: 65_535,
      default: 8080,
      description: "Port of the gateway; 0 takes a free one",
    },
    host: {
      type: "text",
      placeholder: "ADDRESS",
      default: "127.0.0.1",
      description: "Address that the gateway listens on",
    },
    exclude: {
      type: "text",
      placeholder: "PART",
      list: true,
      description: "Leave a part out: gateway or runtime",
    },
  },
  timesItself: true,
  async run(context, { paths, port, host, exclude }): Promise<ExitCode> {
    const { startServer, excludable } = await import("../../server/start-server.ts");
    const { createLogger } = await import("../../core/log.ts");
    const running = await startServer({
      state: context.globals.state,
      port,
      host,
      exclude: exclude.map((part) => parsePart(part, excludable)),
      log: createLogger({
        write: (line) => void context.stderr.write(`${line}\n`),
        plain: !context.globals.json,
      }),
      signal: context.signal,
    });
    // Whatever ends this process, nothing that it started stays behind.
    context.atExit(() => running.killAll());
    await printStarted(context, running);
    const over = Promise.race([running.ended, aborted(context.signal)]);
    try {
      if (paths.length > 0) await runServices(context, paths);
    } catch (error) {
      await stop(context, running);
      throw error;
    }
    const failed = await over;
    const exitCode = await stop(context, running);
    if (failed) throw failed;
    return exitCode;
  },
});

function parsePart(part: string, excludable: readonly Excludable[]): Excludable {
  const known = excludable.find((name) => name === part);
  if (known !== undefined) return known;
  const hint = didYouMean(part, excludable);
  const rule = `Flag --exclude must be one of ${excludable.join(", ")}`;
  throw usageError(`${rule}, got ${JSON.stringify(part)}${hint}`);
}

/** What to open and what to type next. */
async function printStarted(context: CommandContext, running: RunningServer): Promise<void> {
  const { stdout, globals } = context;
  const { gateway, state } = running;
  if (globals.json) {
    return await printJson(context, { state: state.path, control: state.control, gateway });
  }
  const name = painter(stdout, "name");
  const here = globals.state === undefined ? "" : ` --state ${globals.state}`;
  const open = gateway === undefined ? "" : `open  ${name(gateway)}\n`;
  const reef = typedName(context);
  await stdout.write(
    `${painter(stdout, "good")("reef is ready")}\n` +
      `${open}type  ${name(`${reef} run${here} ./your-service.ts`)}   in another terminal\n` +
      `      ${name(`${reef} status${here}`)}\n` +
      "      Ctrl-C to stop\n",
  );
}

/** How a person types the command: in a checkout it is npm's to find. */
function typedName(context: CommandContext): string {
  return context.env["npm_lifecycle_event"] === undefined ? "reef" : "npx reef";
}

/**
 * Runs services on the platform that was just started, in the order in which they were named, and shows what they print
 * for as long as it runs.
 */
async function runServices(context: CommandContext, paths: readonly string[]): Promise<void> {
  const { runtime, registry } = await context.platform();
  const { signal, namespace } = context;
  void showLogs(context, runtime);
  for (const path of paths) {
    const source = resolve(context.folder, path);
    // One after the other: they often need each other, and two cores start one thing well.
    // oxlint-disable-next-line no-await-in-loop
    await runtime.run({ source, namespace }, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
  }
  const [first] = await registry.list({ namespace, signal });
  const name = painter(context.stderr, "name");
  const reef = typedName(context);
  await note(context, `All are ready. In another terminal, type ${name(`${reef} services`)}`);
  if (first) await note(context, `or ${name(`${reef} ${first.service} --help`)}`);
}

async function showLogs(context: CommandContext, runtime: Runtime): Promise<void> {
  const print = logPrinter(context, []);
  try {
    for await (const line of runtime.logs({ follow: true, tail: 0, signal: context.signal })) {
      await print(line);
    }
  } catch (error) {
    if (!context.signal.aborted)
      await note(context, `Cannot show logs: ${ReefError.from(error).message}`);
  }
}

/** Stops in order and says what it waits for. A server that was asked to stop and did has done its job. */
async function stop(context: CommandContext, running: RunningServer): Promise<ExitCode> {
  const startedAtMs = context.clock.monotonicMs();
  await note(context, "\nStopping; Ctrl-C again ends everything at once");
  const off = running.events.on((event) => void tell(context, event));
  try {
    const report = await running.stop();
    const tookMs = context.clock.monotonicMs() - startedAtMs;
    return await endReport(context, report, tookMs);
  } finally {
    off();
  }
}

async function tell(context: CommandContext, event: SupervisorEvent): Promise<void> {
  if (event.kind === "stopping") await note(context, `  waiting for ${event.child}`);
  if (event.kind === "stop-timeout") await note(context, `  ${event.child} does not stop`);
}

async function endReport(
  context: CommandContext,
  { unstopped }: StopReport,
  tookMs: number,
): Promise<ExitCode> {
  if (unstopped.length === 0) {
    await note(context, `Stopped in ${formatDuration(tookMs)}`);
    return 0;
  }
  const names = unstopped.map(
    ({ child, waitedMs }) => `${child} (waited ${formatDuration(waitedMs)})`,
  );
  await context.stderr.write(`reef: Cannot stop in order: ${names.join(", ")} did not end\n`);
  return 1;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
