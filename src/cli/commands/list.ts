import { isAbsolute, relative } from "node:path";
import { namespaceDefault } from "../../blocks/runtime/index.ts";
import type { ServiceState, ServiceStatus } from "../../blocks/runtime/index.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { note, printJson, printTable } from "../print.ts";
import { printable } from "../table.ts";
import type { Cell } from "../table.ts";
import { painter } from "../terminal.ts";

export const list = command({
  name: "list",
  summary: "List the services that were run, and how they fare",
  about: `These are the programs given to \`reef run\`. STATE is starting, ready, backing-off (it crashed and is started
again soon), stopping, stopped or failed. \`reef services\` lists what can be called instead.`,
  examples: [
    ["reef list", "of all namespaces"],
    ["reef list --namespace test --json", "one object: { services: [...] }"],
  ],
  positionals: {},
  options: {},
  async run(context) {
    const { runtime } = await context.platform();
    const { globals, signal } = context;
    const services = await runtime.list({
      signal,
      ...(globals.namespace !== undefined && { namespace: globals.namespace }),
    });
    if (globals.json) {
      await printJson(context, { services });
      return 0;
    }
    if (services.length === 0) {
      await note(context, "Nothing runs here yet\ntry: reef run ./your-service.ts");
      return 0;
    }
    await printServices(context, services);
    return 0;
  },
});

/** The table, and below it why those are down that are down. */
async function printServices(context: CommandContext, services: readonly ServiceStatus[]) {
  // Most people never leave the default namespace and need no column that says so.
  const apart = services.some(({ namespace }) => namespace !== namespaceDefault);
  const head = ["NAME", "STATE", "PID", "RESTARTS", "UPTIME", "SOURCE"];
  const rows = services.map((service) => {
    return [...row(context, service), ...(apart ? [service.namespace] : [])];
  });
  if (apart) {
    // SOURCE is the long one and stays last, where it may be cut.
    head.splice(1, 0, "NAMESPACE");
    for (const cells of rows) cells.splice(1, 0, ...cells.splice(-1));
  }
  await printTable(context, head, rows);
  for (const { name, state, lastError } of services) {
    if (lastError === undefined || (state !== "failed" && state !== "backing-off")) continue;
    const lines = lastError.split("\n").map(printable).join("\n  ");
    await note(context, `\n${name}: ${lines}\ntry: reef logs ${name}`);
  }
}

const statePaints: { readonly [state in ServiceState]: "good" | "busy" | "bad" | "quiet" } = {
  starting: "busy",
  ready: "good",
  "backing-off": "bad",
  stopping: "busy",
  stopped: "quiet",
  failed: "bad",
};

function row(context: CommandContext, service: ServiceStatus): Cell[] {
  const { name, state, pid, restarts, startedAt, source } = service;
  const isUp = pid !== undefined && startedAt !== undefined;
  const uptimeMs = isUp ? context.clock.wallMs() - startedAt.getTime() : undefined;
  return [
    { text: name, paint: painter(context.stdout, "name") },
    { text: state, paint: painter(context.stdout, statePaints[state]) },
    pid === undefined ? "-" : String(pid),
    String(restarts),
    uptimeMs === undefined ? "-" : formatDuration(uptimeMs),
    shortPath(source, context.folder),
  ];
}

/** As one would type it here, when it is below this folder. */
function shortPath(path: string, folder: string): string {
  const below = relative(folder, path);
  return below.startsWith("..") || isAbsolute(below) || below === "" ? path : `./${below}`;
}
