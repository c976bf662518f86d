/** The life of a command that runs until Ctrl-C: it says what its end waits for, and how it went. */
import type { Timer } from "../core/clock.ts";
import type { Running } from "../server/running.ts";
import type { StopReport, SupervisorEvent } from "../supervisor/events.ts";
import type { CommandContext } from "./command.ts";
import { formatDuration } from "./duration.ts";
import type { ExitCode } from "./failure.ts";
import { note } from "./print.ts";

/** What ends within this time is not waited for: the whole of a quiet stop is two lines. */
const wonderedMs = 500;

/** Resolves when the command is interrupted or it is over by itself; then with the reason, if it could not go on. */
export async function untilOver(context: CommandContext, running: Running) {
  return await Promise.race([running.ended, aborted(context.signal)]);
}

/** Stops in order and says what it waits for. What was asked to stop and did has done its job. */
export async function stopInOrder(context: CommandContext, running: Running): Promise<ExitCode> {
  const startedAtMs = context.clock.monotonicMs();
  await note(context, "\nStopping; Ctrl-C again ends everything at once");
  const late = new Map<string, Timer>();
  const off = running.events.on((event) => void tell(context, event, late));
  try {
    const report = await running.stop();
    const tookMs = context.clock.monotonicMs() - startedAtMs;
    return await endReport(context, report, tookMs);
  } finally {
    off();
    for (const timer of late.values()) timer.cancel();
  }
}

/** How a person types the command: in a checkout it is npm's to find. */
export function typedName(context: CommandContext): string {
  return context.env["npm_lifecycle_event"] === undefined ? "reef" : "npx reef";
}

/** Names what takes so long that a person begins to wonder. */
async function tell(
  context: CommandContext,
  event: SupervisorEvent,
  late: Map<string, Timer>,
): Promise<void> {
  if (event.kind === "stopping") {
    const { child } = event;
    const say = () => void note(context, `  waiting for ${child}`);
    late.set(child, context.clock.after(wonderedMs, say));
  }
  if (event.kind === "stopped" || event.kind === "ended") late.get(event.child)?.cancel();
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
