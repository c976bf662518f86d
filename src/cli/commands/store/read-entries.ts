/** `reef store list|watch`: many entries, for people as a table or a line for each change. */
import { listLimitDefault, listLimitMax } from "../../../blocks/store/index.ts";
import type { Change, Database, Entry } from "../../../blocks/store/index.ts";
import type { CommandContext } from "../../command.ts";
import { formatDuration } from "../../duration.ts";
import { note, printJson, printTable } from "../../print.ts";
import type { Cell } from "../../table.ts";
import { painter } from "../../terminal.ts";
import { tableDefault } from "./action.ts";
import type { Words } from "./action.ts";
import { jsonOf, jsonOfEvent, keyText, shortText } from "./entry-text.ts";

export async function listEntries(
  context: CommandContext,
  database: Database,
  { table = tableDefault, prefix, descending, limit = listLimitDefault }: Words,
): Promise<void> {
  const { stdout, globals, signal } = context;
  const order = descending ? "descending" : "ascending";
  const rows: Cell[][] = [];
  let left = limit;
  let cursor: string | undefined;
  do {
    const options = { prefix, order, cursor, limit: Math.min(left, listLimitMax), signal } as const;
    const page = await database.table(table).list(options);
    for (const entry of page.items) {
      if (globals.json) await printJson(context, jsonOf(entry));
      else rows.push(row(entry, painter(stdout, "name")));
    }
    left -= page.items.length;
    cursor = page.cursor;
  } while (cursor !== undefined && left > 0);
  if (left === limit) await note(context, `Table "${table}" has no such keys`);
  else if (!globals.json) await printTable(context, ["KEY", "VALUE", "REVISION", "TTL"], rows);
  if (cursor !== undefined) await note(context, "There may be more; see --limit and --prefix");
}

export async function watchEntries(
  context: CommandContext,
  database: Database,
  { table = tableDefault, prefix }: Words,
): Promise<void> {
  const { signal, globals } = context;
  for await (const event of database.table(table).watch({ prefix, signal })) {
    if (globals.json) await printJson(context, jsonOfEvent(event));
    else if (event.kind !== "complete") await printChanges(context, event.changes);
  }
  // It ends without an error when the signal fires; the command does not end well then.
  signal.throwIfAborted();
}

function row({ key, value, revision, ttlMs }: Entry, paint: (text: string) => string): Cell[] {
  const ttl = ttlMs === undefined ? "-" : formatDuration(ttlMs);
  return [{ text: keyText(key), paint }, shortText(value), String(revision), ttl];
}

async function printChanges({ stdout }: CommandContext, changes: readonly Change[]): Promise<void> {
  for (const { key, value } of changes) {
    const name = painter(stdout, "name")(keyText(key));
    const line = value ? `put   ${name}  ${shortText(value)}` : `gone  ${name}`;
    await stdout.write(`${line}\n`);
  }
}
