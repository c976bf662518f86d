import { resolve } from "node:path";
import { shownEnvironment } from "../chosen-environment.ts";
import { command } from "../command.ts";
import { usageError } from "../failure.ts";
import { formatDuration } from "../duration.ts";
import { givenVariables } from "../given-variables.ts";
import { note, printJson } from "../print.ts";
import { pathTarget } from "../run-target.ts";
import { withRuntimeHints } from "../runtime-hints.ts";
import { painter } from "../terminal.ts";

export const update = command({
  name: "update",
  summary: "Bring a change of a service into operation without failing a call",
  about: `The program is built if its package has a script for that, else checked for its syntax; then the new process
is started beside the old one. When it is ready it takes the address, and the old one finishes the calls it has and
ends. When the build, the check or the start fails, the old process goes on as if nothing had been. A program that
cannot run twice at once is for \`reef restart\`.`,
  examples: [
    ["reef update greeter", "after a change of its code"],
    [
      "reef update greeter --env LEVEL=debug -- --fast",
      "with another variable and other arguments",
    ],
    ["reef update greeter --source ./v2/greeter.ts", "another program under the same name"],
  ],
  positionals: {
    name: { description: "The service, as `reef list` names it", complete: "running" },
    args: { description: "Arguments in place of those that it has, after --", afterDashes: true },
  },
  options: {
    source: {
      type: "text",
      placeholder: "PATH",
      description: "A file, or a folder with one, to run from now on",
      complete: "files",
    },
    env: {
      type: "pairs",
      bare: true,
      placeholder: "KEY[=VALUE]",
      description: "Variable that it sees besides those that it has; KEY alone has your value",
    },
  },
  timesItself: true,
  async run(context, { name, args, source, env }) {
    const given = givenVariables(context, env);
    const environment = context.environment();
    if (source !== undefined && environment) {
      const place = shownEnvironment(environment);
      throw usageError(
        `Cannot bring ${source} to ${place}: its files are not those of this machine`,
      );
    }
    const { runtime } = await context.platform();
    const startedAtMs = context.clock.monotonicMs();
    await note(context, `Updating ${name} ...`);
    const { folder } = context;
    const target = source === undefined ? undefined : await pathTarget(resolve(folder, source));
    const { name: _, ...program } = target?.spec ?? {};
    const changes = {
      ...program,
      env: { ...program.env, ...given },
      ...(args.length > 0 && { args }),
    };
    const options = { readyTimeoutMs: context.globals.timeout, signal: context.signal };
    const status = await withRuntimeHints(runtime.update(name, changes, options), { name });
    const took = formatDuration(context.clock.monotonicMs() - startedAtMs);
    const ready = painter(context.stdout, "good")("ready");
    if (context.globals.json) await printJson(context, status);
    else
      await context.stdout.write(`${name} is updated and ${ready} (pid ${status.pid}, ${took})\n`);
    return 0;
  },
});
