import { didYouMean } from "../../core/suggest.ts";
import type { PartName } from "../../server/profile.ts";
import type { RunningPart } from "../../server/start-part.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import type { ExitCode } from "../failure.ts";
import { usageError } from "../failure.ts";
import { printJson } from "../print.ts";
import { painter } from "../terminal.ts";
import { stopInOrder, typedName, untilOver } from "../until-stopped.ts";
import { platformOptions, startOptions } from "../platform-options.ts";

export const service = command({
  name: "service",
  here: true,
  summary: "Run one part of the platform in a process of its own",
  about: `Runs one part alone until Ctrl-C, for a platform of the same state folder that was
started without it:

  terminal 1   reef service store
  terminal 2   reef server --exclude store

Either may be started first, and either may end and come back. Services notice nothing:
they talk to the platform as always, and it uses the part as if it were its own. While
the part is away, calls to it fail with "unavailable" and say what to type; once it is
there, the next call finds it. So a part can have limits of its own, or somebody else
who watches over it, and when it crashes it takes nothing along.

  store      what the platform and its services keep
  registry   which services are there; they list themselves again when it comes back
  auth       accounts, rules and tokens
  namespaces tenants and branches
  runtime    the processes of services; they end with it
  gateway    HTTP, with --port, --host and the flags of TLS
  proxy      gRPC, gRPC-Web and Connect, with --proxy-port, --host and the flags of TLS
  ports      the ports of programs that do not know reef

A part runs once in a state folder. For programs of your own, see "reef run".`,
  examples: [
    ["reef service store", "the store of the platform of this machine"],
    ["reef service store --backend postgres://reef@db:5432/reef", "the store in PostgreSQL"],
    ["reef service gateway --port 8090", "HTTP on another port"],
    ["reef service registry --state ./.reef", "for the platform with that state folder"],
  ],
  positionals: {
    name: { description: "store, registry, auth, namespaces, runtime, gateway, proxy or ports" },
  },
  options: platformOptions,
  timesItself: true,
  async run(context, { name, ...given }): Promise<ExitCode> {
    const { startPart } = await import("../../server/start-part.ts");
    const { partNames } = await import("../../server/profile.ts");
    const part = parseName(name, partNames);
    const running = await startPart(part, await startOptions(context, given));
    // Who is asked to end leaves nothing behind. What is ended by a failure leaves its services running: the next
    // runtime of the state folder finds them.
    context.atExit(() => context.signal.aborted && running.killAll());
    await printStarted(context, part, running);
    const failed = await untilOver(context, running);
    const exitCode = await stopInOrder(context, running);
    if (failed) throw failed;
    return exitCode;
  },
});

function parseName(given: string, names: readonly PartName[]): PartName {
  const known = names.find((name) => name === given);
  if (known !== undefined) return known;
  const hint = didYouMean(given, names);
  const rule = `Argument NAME must be one of ${names.join(", ")}`;
  throw usageError(`${rule}, got ${JSON.stringify(given)}${hint}`, {
    tryNext: hint === "" ? "reef service --help" : undefined,
  });
}

/** Where it is, and what it is for. */
async function printStarted(
  context: CommandContext,
  part: PartName,
  { address, url, state, listening: { authority } }: RunningPart,
): Promise<void> {
  const { stdout, globals } = context;
  if (globals.json) {
    return await printJson(context, { part, state: state.path, address, url, pid: process.pid });
  }
  const name = painter(stdout, "name");
  const here = globals.state === undefined ? "" : ` --state ${globals.state}`;
  const reef = typedName(context);
  await stdout.write(
    `${painter(stdout, "good")(`${part} is ready`)} (pid ${process.pid})\n` +
      (url === undefined ? "" : `open  ${name(url)}\n`) +
      (authority === undefined ? "" : `CA    ${name(authority)}\n`) +
      `for   ${name(`${reef} server --exclude ${part}${here}`)}\n` +
      "      Ctrl-C to stop\n",
  );
}
