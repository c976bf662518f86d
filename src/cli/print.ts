/**
 * What commands say: data on stdout, as JSON or for people; everything else on stderr, and with `--json` not at all.
 */
import type { CommandContext } from "./command.ts";
import { renderTable } from "./table.ts";
import type { Cell } from "./table.ts";
import { painter } from "./terminal.ts";

/** Prints one JSON value as a line of data. */
export async function printJson({ stdout }: CommandContext, value: unknown): Promise<void> {
  await stdout.write(`${JSON.stringify(value)}\n`);
}

/** Says something to a person; with `--json` stderr is empty or holds the one error. */
export async function note({ stderr, globals }: CommandContext, text: string): Promise<void> {
  if (!globals.json) await stderr.write(`${text}\n`);
}

/** `1 line`, `2 lines`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A table, cut to the width of a terminal, whole when it goes into a program. */
export async function printTable(
  { stdout }: CommandContext,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  const columns = stdout.isTty ? stdout.columns : undefined;
  await stdout.write(renderTable(head, rows, { columns, headPaint: painter(stdout, "heading") }));
}
