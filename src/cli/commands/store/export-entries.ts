/**
 * `reef store export`: one JSON a line, page by page, so that the size of a store costs no memory. Each page is of one
 * moment, the whole is not: what is there all the time is in it exactly once, what changes meanwhile as it was before
 * or after, so a batch may be in it by half. Revisions stay behind, because another store counts its own.
 */
import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { listLimitMax } from "../../../blocks/store/index.ts";
import type { Database, Entry } from "../../../blocks/store/index.ts";
import { ReefError } from "../../../core/errors.ts";
import type { CommandContext } from "../../command.ts";
import { failure } from "../../failure.ts";
import { counted, note } from "../../print.ts";
import { openProgress } from "../../progress.ts";
import { maybeTable } from "./action.ts";
import type { Words } from "./action.ts";
import { jsonOf } from "./entry-text.ts";

export async function exportEntries(
  context: CommandContext,
  database: Database,
  words: Words,
): Promise<void> {
  const { signal, stdout } = context;
  const one = maybeTable(words);
  const tables = one === undefined ? await database.tables({ signal }) : [one];
  await using target = await openTarget(context, words.file);
  await using progress = openProgress(context);
  let count = 0;
  for (const table of tables) {
    for await (const entries of pages(database, table, signal)) {
      await target.write(entries.map((entry) => entryLine(table, entry)).join(""));
      count += entries.length;
      await progress.show(`${count} entries, in table ${table}`);
    }
  }
  await target.finish();
  await progress[Symbol.asyncDispose]();
  // On a screen the entries speak for themselves.
  if (stdout.isTty && words.file === undefined) return;
  const place = words.file === undefined ? "" : ` to ${words.file}`;
  await note(context, `Exported ${counted(count, "entry", "entries")}${place}`);
}

/** What `reef store import` reads. */
function entryLine(table: string, { key, value, ttlMs }: Entry): string {
  const entry = { key, value, ...(ttlMs !== undefined && { ttlMs }) };
  return `${JSON.stringify({ table, ...jsonOf(entry) })}\n`;
}

async function* pages(database: Database, table: string, signal: AbortSignal) {
  let cursor: string | undefined;
  do {
    const page = await database.table(table).list({ limit: listLimitMax, cursor, signal });
    if (page.items.length > 0) yield page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

interface Target extends AsyncDisposable {
  write(text: string): Promise<void>;
  /** Everything was written. */
  finish(): Promise<void>;
}

async function openTarget(context: CommandContext, file: string | undefined): Promise<Target> {
  const { stdout, folder } = context;
  if (file === undefined) {
    return {
      write: (text) => (text === "" ? Promise.resolve() : stdout.write(text)),
      finish: async () => {},
      async [Symbol.asyncDispose]() {},
    };
  }
  const path = resolve(folder, file);
  // Beside it until it is whole: a file of that name is never a half one, and a good older one stays till then.
  const partial = `${path}.${randomUUID()}.partial`;
  // Nobody else's business: it holds what services keep for themselves.
  const handle = await withFile(file, open(partial, "wx", 0o600));
  return {
    async write(text) {
      await withFile(file, handle.appendFile(text));
    },
    async finish() {
      await withFile(file, handle.sync());
      await withFile(file, rename(partial, path));
    },
    async [Symbol.asyncDispose]() {
      await handle.close();
      await rm(partial, { force: true });
    },
  };
}

/** A full disk or a missing folder is nothing wrong with the store. */
async function withFile<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const { message } = ReefError.from(cause);
    throw failure("failed_precondition", `Cannot write ${file}: ${message}`, { cause });
  }
}
