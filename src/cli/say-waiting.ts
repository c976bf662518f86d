/** What a start that takes long is waited for, to a person at a terminal: silence looks like a program that hangs. */
import { readyTimeoutDefaultMs, type RunSpec } from "../blocks/runtime/index.ts";
import type { CommandContext } from "./command.ts";
import { formatDuration } from "./duration.ts";
import { openProgress } from "./progress.ts";

/** Most programs are ready before; who waits longer begins to wonder. */
const patienceMs = 3_000;

/** The time that is shown is the only thing that moves. */
const everyMs = 1_000;

/** Says so from some seconds on, until it is disposed. */
export function sayWaiting(context: CommandContext, spec: RunSpec): AsyncDisposable {
  const { clock, globals } = context;
  const progress = openProgress(context);
  const limit = formatDuration(globals.timeout ?? readyTimeoutDefaultMs);
  const startedAtMs = clock.monotonicMs();
  function say(): void {
    const waited = formatDuration(clock.monotonicMs() - startedAtMs);
    // Nobody can be told of a terminal that is gone.
    progress.show(`Waiting until ${condition(spec)} (${waited} of ${limit}) ...`).catch(ignore);
    timer = clock.after(everyMs, say);
  }
  let timer = clock.after(patienceMs, say);
  return {
    async [Symbol.asyncDispose]() {
      timer.cancel();
      await progress[Symbol.asyncDispose]();
    },
  };
}

function condition({ command, readiness = "port" }: RunSpec): string {
  if (command === undefined) return "it calls serve()";
  if (readiness === "started") return "it is started";
  return readiness === "port"
    ? "it listens on its PORT"
    : `it answers ${readiness} on its PORT with 2xx`;
}

function ignore(): void {}
