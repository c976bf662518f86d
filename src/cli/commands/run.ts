import { resolve } from "node:path";
import type { ServiceStatus } from "../../blocks/runtime/index.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { note, printJson } from "../print.ts";
import { withRuntimeHints } from "../runtime-hints.ts";
import { painter } from "../terminal.ts";

export const run = command({
  name: "run",
  summary: "Run a service: a file, or a folder with one",
  about: `The platform starts the program, waits until it is ready, and keeps it running: when it crashes it is
started again. What crashes before it was ever ready is not kept, and its output is shown here.
It runs until \`reef kill\`, also when this terminal is closed.`,
  examples: [
    ["reef run ./greeter.ts", "runs a file under the name greeter"],
    ["reef run ./trip --name trip2", "runs the service in a folder under another name"],
    ["reef run ./worker.ts --env LEVEL=debug -- --fast", "with a variable and an argument"],
  ],
  positionals: {
    path: { description: "A .ts or .js file, or a folder with package.json, service or index" },
    args: { description: "Arguments of the program, after --", afterDashes: true },
  },
  options: {
    name: {
      type: "text",
      placeholder: "NAME",
      description: "Name in lists and logs; else the file's, or the folder's",
    },
    env: { type: "pairs", placeholder: "KEY=VALUE", description: "Variable that the program sees" },
  },
  timesItself: true,
  async run(context, { path, args, name, env }) {
    const { runtime } = await context.platform();
    const startedAtMs = context.clock.monotonicMs();
    await note(context, `Starting ${path} ...`);
    const source = resolve(context.folder, path);
    const spec = { source, name, namespace: context.namespace, args, env };
    const options = { readyTimeoutMs: context.globals.timeout, signal: context.signal };
    const status = await withRuntimeHints(runtime.run(spec, options), { name });
    const tookMs = context.clock.monotonicMs() - startedAtMs;
    const services = await servicesOf(context, status);
    if (context.globals.json) await printJson(context, { ...status, services });
    else await printReady(context, status, { services, tookMs });
    return 0;
  },
});

/** What callers know the process by: one program may serve several contracts. */
async function servicesOf(
  context: CommandContext,
  { instance, namespace }: ServiceStatus,
): Promise<readonly string[]> {
  const { registry } = await context.platform();
  const views = await registry.list({ namespace, signal: context.signal });
  const own = views.filter(({ nodes }) =>
    nodes.some((node) => node.metadata["instance"] === instance),
  );
  return own.map(({ service }) => service);
}

async function printReady(
  context: CommandContext,
  { name, pid }: ServiceStatus,
  { services, tookMs }: { services: readonly string[]; tookMs: number },
): Promise<void> {
  const { stdout, stderr } = context;
  const ready = painter(stdout, "good")("ready");
  await stdout.write(`${name} is ${ready} (pid ${pid}, ${formatDuration(tookMs)})\n`);
  const [service] = services;
  const next = service === undefined ? `reef logs ${name}` : `reef ${service} --help`;
  await note(context, `try: ${painter(stderr, "name")(next)}`);
}
