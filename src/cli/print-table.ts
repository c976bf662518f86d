/** Prints a table as a terminal wants it: cut to its width when it is one, whole when the output goes into a program. */
import type { CommandContext } from "./command.ts";
import { renderTable } from "./table.ts";
import type { Cell } from "./table.ts";
import { painter } from "./terminal.ts";

export async function printTable(
  { stdout }: CommandContext,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  const columns = stdout.isTty ? stdout.columns : undefined;
  await stdout.write(renderTable(head, rows, { columns, headPaint: painter(stdout, "heading") }));
}
