import { tailDefault, tailMax } from "../../blocks/runtime/index.ts";
import type { LogLine, Services } from "../../blocks/runtime/index.ts";
import { allPrograms } from "../all-programs.ts";
import { command } from "../command.ts";
import { logPrinter } from "../log-printer.ts";
import { mergeLogs } from "../merge-logs.ts";
import { withRuntimeHints } from "../runtime-hints.ts";

export const logs = command({
  name: "logs",
  summary: "Show what services have printed",
  about: `One service alone is shown as it printed. Several, or all of them, are shown in order of time with the name
before each line. Logs go on through restarts and stay after \`reef kill\`.`,
  examples: [
    ["reef logs greeter", `its last ${tailDefault} lines`],
    ["reef logs -f", "everything that is printed from now on, until Ctrl-C"],
    ["reef logs trip passenger --since 5m", "two services, the last five minutes"],
    ["reef logs --json | grep ERROR", "one object a line: { name, text, at }"],
  ],
  positionals: {
    names: {
      description: "Services, as `reef list` names them; none: all",
      list: true,
      complete: "running",
    },
  },
  options: {
    follow: { type: "flag", short: "f", description: "Go on with new lines until Ctrl-C" },
    tail: {
      type: "integer",
      placeholder: "N",
      minimum: 0,
      maximum: tailMax,
      description: `Begin with the last N lines (default ${tailDefault}, with --since all of them)`,
    },
    since: {
      type: "duration",
      placeholder: "TIME",
      description: "Only lines of the last 30s, 5m ...",
    },
  },
  async run(context, { names, follow, tail, since }) {
    const { runtime } = await context.platform();
    const scope = {
      follow,
      tail,
      since: since === undefined ? undefined : new Date(context.clock.wallMs() - since),
      signal: context.signal,
    };
    const lines = openLines(runtime, { names: [...new Set(names)], scope });
    const listed = names.length > 0 ? [] : await allPrograms(runtime, context.signal);
    const expected = [...names, ...listed.map(({ name }) => name)];
    const print = logPrinter(context, names, expected);
    const iterator = lines[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await withRuntimeHints(iterator.next(), {});
      if (done) break;
      await print(value);
    }
    // The lines end without an error when the signal fires; the command does not end well then.
    context.signal.throwIfAborted();
    return 0;
  },
});

interface LinesOptions {
  readonly names: readonly string[];
  readonly scope: Parameters<Services["logs"]>[0] & { readonly follow: boolean };
}

function openLines(runtime: Services, { names, scope }: LinesOptions): AsyncIterable<LogLine> {
  if (names.length === 0) return runtime.logs(scope);
  const each = names.map((name) => runtime.logs({ ...scope, name }));
  const [only] = each;
  return only && each.length === 1 ? only : mergeLogs(each, { follow: scope.follow });
}
