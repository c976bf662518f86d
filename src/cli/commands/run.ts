import { basename, resolve } from "node:path";
import { publicPortKey, type RunSpec, type ServiceStatus } from "../../blocks/runtime/index.ts";
import { commandName } from "../../contract/command-name.ts";
import { checkPort } from "../check-port.ts";
import type { NamedEnvironment } from "../../framework/environments/environments.ts";
import { shownEnvironment } from "../chosen-environment.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { failure, usageError } from "../failure.ts";
import { givenVariables } from "../given-variables.ts";
import { atPlace } from "../place.ts";
import { note, printJson } from "../print.ts";
import { commandTarget, type ForeignTarget, pathTarget } from "../run-target.ts";
import { withRuntimeHints } from "../runtime-hints.ts";
import { sayWaiting } from "../say-waiting.ts";
import { painter } from "../terminal.ts";

export const run = command({
  name: "run",
  summary: "Run a service: a file, or a folder with one",
  about: `The platform starts the program, waits until it is ready, and keeps it running: when it crashes it is
started again. What crashes before it was ever ready is not kept, and its output is shown here.
It runs until \`reef kill\`, also when this terminal is closed, and comes back when the platform was stopped and is
started again. After a change of the code: \`reef update NAME\`. A program in another language listens on
the port in its variable PORT, which is another one after each start; docs/foreign-programs.md says the rest.`,
  examples: [
    ["reef run ./greeter.ts", "runs a file under the name greeter"],
    ["reef run ./trip --name trip2", "runs the service in a folder under another name"],
    ["reef run ./worker.ts --env LEVEL=debug -- --fast", "with a variable and an argument"],
    ["reef run ./pricing", "runs what its reef.json says, in any language"],
    [
      'reef run --command "python3 app.py" --port 8082',
      "runs any program that answers HTTP at $PORT",
    ],
  ],
  positionals: {
    path: {
      description: "A .ts or .js file, or a folder with package.json, service, index or reef.json",
      optional: true,
      complete: "files",
    },
    args: { description: "Arguments of the program, after --", afterDashes: true },
  },
  options: {
    name: {
      type: "text",
      placeholder: "NAME",
      description: "Name in lists and logs; else the file's, or the folder's",
    },
    env: {
      type: "pairs",
      bare: true,
      placeholder: "KEY[=VALUE]",
      description: "Variable that the program sees; a secret by its KEY alone, with your value",
    },
    command: {
      type: "text",
      placeholder: "WORDS",
      description: "Instead of a path: any program, started here without a shell",
    },
    contract: {
      type: "text",
      placeholder: "FILE",
      description: "What a command answers: contract.json, or contracts.ts#Name",
      complete: "files",
    },
    port: {
      type: "integer",
      placeholder: "PORT",
      minimum: 1,
      maximum: 65_535,
      description: "Port of a command for those outside; it never changes",
    },
    ready: {
      type: "text",
      placeholder: "WHEN",
      description: "When a command is ready: port, started, or a path to GET; else port",
    },
  },
  timesItself: true,
  async run(context, given) {
    const { args, name } = given;
    const env = givenVariables(context, given.env);
    const target = await targetOf(context, given);
    const { runtime } = await context.platform();
    await checkPublicPort(context, { ...target, ...(name !== undefined && { name }) });
    const startedAtMs = context.clock.monotonicMs();
    // A dot is a fine path and no name.
    const path = given.path === "." ? basename(context.folder) : given.path;
    await note(context, `Starting ${path ?? given.command} ...`);
    const spec = {
      ...target,
      ...(name !== undefined && { name }),
      args,
      env: { ...target.env, ...env },
    };
    const options = { readyTimeoutMs: context.globals.timeout, signal: context.signal };
    const status = await ready(
      context,
      spec,
      withRuntimeHints(runtime.run(spec, options), { name }),
    );
    const tookMs = context.clock.monotonicMs() - startedAtMs;
    const services = await servicesOf(context, status);
    if (context.globals.json) await printJson(context, { ...status, services });
    else await printReady(context, status, { services, tookMs, target });
    return 0;
  },
});

/** The start, and what it waits for when that takes long. */
async function ready(
  context: CommandContext,
  spec: RunSpec,
  start: Promise<ServiceStatus>,
): Promise<ServiceStatus> {
  const waiting = sayWaiting(context, spec);
  try {
    return await start;
  } finally {
    await waiting[Symbol.asyncDispose]();
  }
}

/** What is to be run, by a path or a command. */
async function targetOf(
  context: CommandContext,
  given: ForeignTarget & {
    readonly path: string | undefined;
    readonly command: string | undefined;
  },
): Promise<RunSpec> {
  const { path, command, contract, port, ready } = given;
  const environment = context.environment();
  if (path !== undefined && environment) throw notThere(path, environment);
  // A command of another machine is started where everybody has a folder.
  const folder = environment ? "/" : context.folder;
  const flags = { contract: contract && resolve(context.folder, contract), port, ready };
  if (path !== undefined && command === undefined) {
    return (await pathTarget(resolve(folder, path), flags)).spec;
  }
  if (command !== undefined && path === undefined) {
    return await commandTarget(command, folder, flags);
  }
  const rule =
    path === undefined ? "give a path or --command" : "a path and --command exclude each other";
  throw usageError(`Cannot run a service: ${rule}`, { tryNext: "reef run --help" });
}

/** It would be read there, where it is another file or none. */
function notThere(path: string, environment: NamedEnvironment) {
  const place = shownEnvironment(environment);
  const rule = "its files are not those of this machine";
  const next = 'bring the program there, and start it with --command "node /path/there.ts"';
  return usageError(`Cannot run ${path} at ${place}: ${rule}; ${next}`);
}

/** A port that somebody else has would only be missed later, in the log of the platform. */
async function checkPublicPort(context: CommandContext, spec: RunSpec): Promise<void> {
  const { port } = spec;
  if (port === undefined) return;
  const { clock, signal, namespace: ownNamespace } = context;
  const { registry } = await context.platform();
  const views = await registry.list({ signal });
  const owners = views.filter(({ nodes }) =>
    nodes.some(({ metadata }) => metadata[publicPortKey] === String(port)),
  );
  const own = spec.contract?.name ?? spec.name ?? commandName(spec.command ?? []);
  const isOwn = (owner: (typeof owners)[number]) =>
    owner.namespace === ownNamespace && owner.service === own;
  const other = owners.find((owner) => !isOwn(owner));
  if (other) {
    const place = other.namespace === ownNamespace ? "" : ` of namespace "${other.namespace}"`;
    const rule = `service "${other.service}"${place} has it`;
    const tryNext = `reef list --namespace ${other.namespace}`;
    const text = `Cannot take port ${port}: ${rule}; choose another one`;
    throw failure("already_exists", text, { tryNext });
  }
  // What becomes of this very service is for the runtime to say.
  if (owners.length > 0 || context.environment()) return;
  const onTaken = (owner: string) =>
    note(context, `Waiting for port ${port}, which ${owner} has ...`);
  await checkPort(port, { clock, signal, onTaken });
}

/** What callers know the process by: one program may serve several contracts. */
async function servicesOf(
  context: CommandContext,
  { instance }: ServiceStatus,
): Promise<readonly string[]> {
  const { registry } = await context.platform();
  const { namespace, signal } = context;
  const views = await registry.list({ namespace, signal });
  const own = views.filter(({ nodes }) =>
    nodes.some((node) => node.metadata["instance"] === instance),
  );
  return own.map(({ service }) => service);
}

async function printReady(
  context: CommandContext,
  { name, pid }: ServiceStatus,
  { services, tookMs, target }: { services: readonly string[]; tookMs: number; target: RunSpec },
): Promise<void> {
  const { stdout, stderr, globals } = context;
  const ready = painter(stdout, "good")("ready");
  await stdout.write(`${name} is ${ready} (pid ${pid}, ${formatDuration(tookMs)})\n`);
  if (target.port !== undefined) await stdout.write(`open  http://127.0.0.1:${target.port}\n`);
  // One without a contract has nothing to be called by.
  const [service] = target.command && !target.contract ? [] : services;
  const next = service === undefined ? `reef logs ${name}` : `reef ${service} --help`;
  await note(context, `try: ${painter(stderr, "name")(atPlace(next, globals))}`);
}
