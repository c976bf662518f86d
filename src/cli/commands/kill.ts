import { command } from "../command.ts";
import { confirm } from "../confirm.ts";
import { printJson } from "../print.ts";
import { withRuntimeHints } from "../runtime-hints.ts";

export const kill = command({
  name: "kill",
  summary: "Stop a service and forget it",
  about: `The process is asked to end and finishes the calls it has; if it does not end it is killed. Its logs stay:
\`reef logs NAME\` still shows them.`,
  examples: [["reef kill greeter", "stops it and returns when its process has ended"]],
  positionals: {
    name: { description: "The service, as `reef list` names it", complete: "running" },
  },
  options: {},
  async run(context, { name }) {
    await confirm(context, `Kill ${name}`);
    const { runtime } = await context.platform();
    const { namespace, signal } = context;
    await withRuntimeHints(runtime.kill(name, { signal }), { name });
    // A signal only ends the waiting, so the process may still be there.
    signal.throwIfAborted();
    if (context.globals.json) await printJson(context, { name, namespace });
    else await context.stdout.write(`${name} has ended\n`);
    return 0;
  },
});
