import { command } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { note, printJson } from "../print.ts";
import { withRuntimeHints } from "../runtime-hints.ts";
import { painter } from "../terminal.ts";

export const restart = command({
  name: "restart",
  summary: "Replace the process of a service with a new one",
  about: `The process is stopped, then another is started; the address stays, callers wait meanwhile and the other
services notice nothing. After a change of the code \`reef update\` is better: it starts the new process beside the old
one, so nobody waits, and keeps the old one when the new one fails. This is for programs that cannot run twice. When the
new process fails it is tried again, later each time.`,
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
    const options = { readyTimeoutMs: context.globals.timeout, signal: context.signal };
    const status = await withRuntimeHints(runtime.restart(name, options), { name });
    const took = formatDuration(context.clock.monotonicMs() - startedAtMs);
    const ready = painter(context.stdout, "good")("ready");
    if (context.globals.json) await printJson(context, status);
    else await context.stdout.write(`${name} is ${ready} again (pid ${status.pid}, ${took})\n`);
    return 0;
  },
});
