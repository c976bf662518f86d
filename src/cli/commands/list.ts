import { isAbsolute, relative } from "node:path";
import type { ServiceState, ServiceStatus } from "../../blocks/runtime/index.ts";
import { allPrograms } from "../all-programs.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { atPlace } from "../place.ts";
import { note, printJson, printTable } from "../print.ts";
import { runNext } from "../run-next.ts";
import { printable } from "../table.ts";
import type { Cell } from "../table.ts";
import { painter } from "../terminal.ts";

export const list = command({
  name: "list",
  summary: "List the services that were run, and how they fare",
  about: `These are the programs given to \`reef run\`. STATE is starting, ready, backing-off (it crashed and is started
again soon), stopping, stopped or failed. STARTS counts the first start and each one since, whether after a crash, by
\`reef restart\` or \`reef update\`, or by the platform. \`reef services\` lists what can be called instead.`,
  examples: [
    ["reef list", "those of the default namespace"],
    ["reef list --namespace test --json", "one object: { services: [...] }"],
  ],
  positionals: {},
  options: {},
  async run(context) {
    const { runtime } = await context.platform();
    const { globals, signal } = context;
    const services = await allPrograms(runtime, signal);
    if (globals.json) {
      await printJson(context, { services });
      return 0;
    }
    if (services.length === 0) {
      await note(context, `Nothing runs here yet\ntry: ${runNext(context)}`);
      return 0;
    }
    await printServices(context, services);
    return 0;
  },
});

/** The table, and below it why those are down that are down. */
async function printServices(context: CommandContext, services: readonly ServiceStatus[]) {
  const head = ["NAME", "STATE", "PID", "STARTS", "UPTIME", "SOURCE"];
  const rows = services.map((service) => row(context, service));
  await printTable(context, head, rows);
  for (const { name, state, lastError } of services) {
    if (lastError === undefined || (state !== "failed" && state !== "backing-off")) continue;
    const next = atPlace(`reef logs ${name}`, context.globals);
    const lines = lastError.split("\n").map(printable).join("\n  ");
    await note(context, `\n${name}: ${lines}\ntry: ${next}`);
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
    String(restarts + 1),
    uptimeMs === undefined ? "-" : formatDuration(uptimeMs),
    shortPath(source, context.folder),
  ];
}

/** As one would type it here, when it is below this folder; the words of a command are no path and stay. */
function shortPath(path: string, folder: string): string {
  if (!isAbsolute(path)) return path;
  const below = relative(folder, path);
  return below.startsWith("..") || isAbsolute(below) || below === "" ? path : `./${below}`;
}
