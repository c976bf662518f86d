import { parse, resolve } from "node:path";
import type { Services } from "../../blocks/runtime/index.ts";
import { localRule } from "../../core/access-rules.ts";
import { ReefError } from "../../core/errors.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import type { ExitCode } from "../failure.ts";
import { usageError } from "../failure.ts";
import { logPrinter } from "../log-printer.ts";
import { note, printJson } from "../print.ts";
import { atPlace } from "../place.ts";
import { pathTarget } from "../run-target.ts";
import { didYouMean } from "../../core/suggest.ts";
import type { PartName } from "../../server/profile.ts";
import type { RunningServer } from "../../server/start-server.ts";
import { painter } from "../terminal.ts";
import { stopInOrder, typedName, untilOver } from "../until-stopped.ts";
import { platformOptions, startOptions } from "../platform-options.ts";

export const server = command({
  name: "server",
  here: true,
  summary: "Start the platform and run it until Ctrl-C",
  about: `Starts the store, the registry, auth, the runtime, the HTTP gateway and the gRPC proxy in one process. Ctrl-C
lets calls under way finish, stops services and then the platform; a second Ctrl-C ends everything at once. Two
platforms on one machine need two --state folders and two ports.

The gateway and the proxy listen on this machine only. Beyond it (--host) everything goes over TLS, by --tls-cert and
--tls-key or by --tls-own, whose authority others are given as a file; and who is not known may call nothing there.

Services that are named run from the start and end with it, and what services print is shown here. Those of
\`reef run\` come back. A platform that was killed leaves all of them running, and the next one finds them. A part that
is excluded is left to a process of its own, "reef service NAME", which may be started before or after and comes and
goes as it likes; without one the platform does without that part.`,
  examples: [
    ["reef server", "with the gateway on http://127.0.0.1:8080"],
    ["reef server ./trip.ts ./passenger.ts", "runs two services and shows what they print"],
    ["reef server --state ./.reef --port 8090", "a second platform beside it"],
    ["reef server --exclude gateway", "without HTTP"],
    ["reef server --host 0.0.0.0 --tls-own", "for other machines, too"],
    ["reef server --exclude store", 'with the store of "reef service store"'],
    ["reef server --backend postgres://reef@db:5432/reef", "with the store in PostgreSQL"],
  ],
  positionals: {
    paths: {
      description: "Services to run: files, or folders with one",
      list: true,
      complete: "files",
    },
  },
  options: {
    ...platformOptions,
    exclude: {
      type: "text",
      placeholder: "PART",
      list: true,
      description: "Leave a part out: store, registry, runtime, gateway, proxy or ports",
    },
  },
  timesItself: true,
  async run(context, { paths, exclude, ...given }): Promise<ExitCode> {
    const { startServer } = await import("../../server/start-server.ts");
    const { partNames } = await import("../../server/profile.ts");
    const running = await startServer({
      ...(await startOptions(context, given)),
      exclude: exclude.map((part) => parsePart(part, partNames)),
    });
    // Who is asked to end leaves nothing behind. What is ended by a failure leaves its services running: the next
    // platform of the state folder finds them.
    context.atExit(() => context.signal.aborted && running.killAll());
    await printStarted(context, running);
    if (running.missing.length > 0) void printComplete(context, running);
    const over = untilOver(context, running);
    try {
      if (paths.length > 0) {
        // It may be elsewhere, or wait for what is.
        await running.whenReady("runtime", context);
        await runServices(context, paths);
      }
    } catch (error) {
      await stopInOrder(context, running);
      throw error;
    }
    const failed = await over;
    const exitCode = await stopInOrder(context, running);
    if (failed) throw failed;
    return exitCode;
  },
});

function parsePart(part: string, names: readonly PartName[]): PartName {
  const known = names.find((name) => name === part);
  if (known !== undefined) return known;
  const hint = didYouMean(part, names);
  const rule = `Flag --exclude must be one of ${names.join(", ")}`;
  throw usageError(`${rule}, got ${JSON.stringify(part)}${hint}`);
}

/** Says so when nothing is missing any more, unless it is stopped before. */
async function printComplete(context: CommandContext, running: RunningServer): Promise<void> {
  try {
    await running.whenComplete(context);
  } catch {
    // It was stopped, and says that itself.
    return;
  }
  if (!context.globals.json) await context.stdout.write(headline(context, running));
}

/** What to open and what to type next. */
async function printStarted(context: CommandContext, running: RunningServer): Promise<void> {
  const { stdout, globals } = context;
  const { gateway, proxy, state, missing, listening } = running;
  if (globals.json) {
    const { path, control } = state;
    const { authority } = listening;
    return await printJson(context, { state: path, control, gateway, proxy, authority, missing });
  }
  const name = painter(stdout, "name");
  const here = globals.state === undefined ? "" : ` --state ${globals.state}`;
  const reef = typedName(context);
  await stdout.write(
    `${headline(context, running)}` +
      beyond(context, running) +
      `type  ${name(`${reef} run${here} ./your-service.ts`)}   in another terminal\n` +
      `      ${name(`${reef} status${here}`)}\n` +
      "      Ctrl-C to stop\n",
  );
}

/** What those need who call from elsewhere, and what they may not. */
function beyond(
  { stdout }: CommandContext,
  { listening: { authority, reach }, proxy }: RunningServer,
): string {
  const name = painter(stdout, "name");
  const ca = authority === undefined ? "" : `CA    ${name(authority)}\n`;
  if (reach === "this machine") return ca;
  const flag = authority === undefined ? "" : " --ca ca.pem";
  const add =
    proxy === undefined ? "" : `      ${name(`reef env add NAME ${proxy}${flag}`)}   elsewhere\n`;
  const closed = `      Whom nobody knows may call nothing: the rule "${localRule}" is for this machine alone\n`;
  return `${ca}${add}${closed}`;
}

function headline({ stdout }: CommandContext, { missing, gateway, proxy }: RunningServer): string {
  const name = painter(stdout, "name");
  const open =
    (gateway === undefined ? "" : `open  ${name(gateway)}\n`) +
    (proxy === undefined ? "" : `gRPC  ${name(proxy)}\n`);
  if (missing.length === 0) return `${painter(stdout, "good")("reef is ready")}\n${open}`;
  const busy = painter(stdout, "busy");
  return `${busy(`reef is up and waits for its ${missing.join(" and its ")}`)}\n${open}`;
}

/**
 * Runs services on the platform that was just started, in the order in which they were named, and shows what they print
 * for as long as it runs.
 */
async function runServices(context: CommandContext, paths: readonly string[]): Promise<void> {
  const { runtime, registry } = await context.platform();
  const { signal, namespace } = context;
  const targets = await Promise.all(paths.map((path) => pathTarget(resolve(context.folder, path))));
  const names = targets.map(({ spec }) => spec.name ?? parse(spec.source ?? "").name);
  const shown = new AbortController();
  void showLogs({ ...context, signal: AbortSignal.any([signal, shown.signal]) }, runtime, names);
  for (const { spec, optional } of targets) {
    // One after the other: they often need each other, and two cores start one thing well.
    const mine = { ...spec, lasts: "until-closed" } as const;
    // What a platform before this one has left running under the name is what is asked for, or becomes it.
    // oxlint-disable-next-line no-await-in-loop
    await runtime.run(mine, { existing: "replace", signal }).catch(async (error: unknown) => {
      signal.throwIfAborted();
      const { reason, message } = ReefError.from(error);
      if (!optional || reason !== "no_program") {
        // All of it ends now, and that the logs end with it is no news.
        shown.abort();
        throw error;
      }
      await note(context, `${spec.name} is left out: ${message}`);
    });
  }
  const [first] = await registry.list({ namespace, signal });
  const name = painter(context.stderr, "name");
  const words = first ? ["services", `${first.service} --help`] : ["services"];
  const typed = words.map((word) =>
    name(atPlace(`${typedName(context)} ${word}`, context.globals)),
  );
  await note(context, `All are ready. In another terminal\ntype  ${typed.join("\n      ")}`);
}

/** A process that starts says itself that it is ready; the line before it is for those who read the file. */
const startMark = /^\[reef\] \S+ starts at \S+, instance \S+$/;

/** @param names of those that will most likely print */
async function showLogs(
  context: CommandContext,
  runtime: Services,
  names: readonly string[],
): Promise<void> {
  const print = logPrinter(context, [], names);
  try {
    for await (const line of runtime.logs({ follow: true, tail: 0, signal: context.signal })) {
      if (context.globals.json || !startMark.test(line.text)) await print(line);
    }
  } catch (error) {
    if (!context.signal.aborted)
      await note(context, `Cannot show logs: ${ReefError.from(error).message}`);
  }
}
