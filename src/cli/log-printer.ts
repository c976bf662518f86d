/**
 * Prints lines of logs. One service's lines go to a program as they are; a person, and whoever reads several services
 * at once, gets them readable, each behind its name where there are several.
 */
import type { LogLine } from "../blocks/runtime/index.ts";
import type { CommandContext } from "./command.ts";
import { printJson } from "./print.ts";
import { readableLine } from "./readable-line.ts";
import { displayWidth } from "./table.ts";
import { namePainter } from "./terminal.ts";

/**
 * @param names what was asked for; none for everything
 * @param expected names that lines will most likely have, so that the first line is as wide as the others
 */
export function logPrinter(
  context: CommandContext,
  names: readonly string[],
  expected: readonly string[] = names,
) {
  const { stdout, globals } = context;
  let width = Math.max(0, ...expected.map(displayWidth));
  return async (line: LogLine): Promise<void> => {
    const { name, text } = line;
    if (globals.json) return await printJson(context, line);
    if (names.length === 1) {
      return await stdout.write(`${stdout.isTty ? readableLine(stdout, text) : text}\n`);
    }
    width = Math.max(width, displayWidth(name));
    const blanks = " ".repeat(width - displayWidth(name));
    await stdout.write(
      `${namePainter(stdout, name)(`${name}${blanks} |`)} ${readableLine(stdout, text)}\n`,
    );
  };
}
