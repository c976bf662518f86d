/** Asks before something is destroyed that is not on this machine: the wrong window is the commonest of all slips. */
import { shownEnvironment } from "./chosen-environment.ts";
import type { CommandContext } from "./command.ts";
import { failure, usageError } from "./failure.ts";
import { readLines } from "./read-lines.ts";

/**
 * Resolves when it may be done: at once on this machine and with `--yes`.
 * @param deed as an order: `Kill greeter`
 * @throws {ReefError} usage where nobody can be asked; `cancelled` when the answer is not yes
 */
export async function confirm(context: CommandContext, deed: string): Promise<void> {
  const environment = context.environment();
  const { stdin, stderr, globals } = context;
  if (!environment || globals.yes) return;
  const place = shownEnvironment(environment);
  if (!stdin.isTty || !stderr.isTty) {
    const order = deed.charAt(0).toLowerCase() + deed.slice(1);
    const rule = "that is not this machine, and nobody can be asked";
    throw usageError(`Cannot ${order} at ${place}: ${rule}; add --yes if that is meant`);
  }
  await stderr.write(`${deed} at ${place}? [y/N] `);
  for await (const line of readLines(stdin)) {
    if (/^y(es)?$/i.test(line.trim())) return;
    break;
  }
  throw failure("cancelled", "Nothing was done");
}
