import { command } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { note, printJson } from "../print.ts";
import { withRuntimeHints } from "../runtime-hints.ts";
import { painter } from "../terminal.ts";

export const restart = command({
  name: "restart",
  summary: "Replace the process of a service with a new one",
  about: `The address stays, callers wait meanwhile and the other services notice nothing. Use it after a change of
the code. When the new process fails it is tried again, later each time.`,
  examples: [["reef restart greeter", "stops it, starts it, waits until it is ready"]],
  positionals: {
    name: { description: "The service, as `reef list` names it", complete: "running" },
  },
  options: {},
  timesItself: true,
  async run(context, { name }) {
    const { runtime } = await context.platform();
    const startedAtMs = context.clock.monotonicMs();
    await note(context, `Restarting ${name} ...`);
    const service = { name, namespace: context.namespace };
    const options = { readyTimeoutMs: context.globals.timeout, signal: context.signal };
    const status = await withRuntimeHints(runtime.restart(service, options), { name });
    const took = formatDuration(context.clock.monotonicMs() - startedAtMs);
    const ready = painter(context.stdout, "good")("ready");
    if (context.globals.json) await printJson(context, status);
    else await context.stdout.write(`${name} is ${ready} again (pid ${status.pid}, ${took})\n`);
    return 0;
  },
});
