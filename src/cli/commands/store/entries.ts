/** `reef store put|get|delete`: one entry. */
import type { Bytes, Database } from "../../../blocks/store/index.ts";
import { ReefError } from "../../../core/errors.ts";
import type { CommandContext } from "../../command.ts";
import { failure, usageError } from "../../failure.ts";
import { printJson } from "../../print.ts";
import { readBytes } from "../../read-lines.ts";
import { printable } from "../../table.ts";
import { tableDefault, tableFlag, tryNext } from "./action.ts";
import type { Words } from "./action.ts";
import { jsonOf } from "./entry-text.ts";

export async function putEntry(
  context: CommandContext,
  database: Database,
  words: Words,
): Promise<void> {
  const { key = "", table = tableDefault, ttl: ttlMs, expect: expectedRevision } = words;
  const value = await readValue(context, words.value);
  const options = { ttlMs, expectedRevision, signal: context.signal };
  const revision = await withHint(database.table(table).put(key, value, options), words);
  if (context.globals.json) await printJson(context, { key, revision });
  else await context.stdout.write(`${printable(key)} has revision ${revision}\n`);
}

export async function getEntry(
  context: CommandContext,
  database: Database,
  { key = "", table = tableDefault }: Words,
): Promise<void> {
  const { stdout, signal, globals } = context;
  const entry = await database.table(table).get(key, { signal });
  if (entry === undefined) {
    const text = `Cannot get ${JSON.stringify(key)}: table "${table}" has no such key`;
    throw failure("not_found", text, { tryNext: `reef store list${tableFlag(table)}` });
  }
  if (globals.json) return printJson(context, jsonOf(entry));
  await stdout.write(entry.value);
  // The prompt of a shell stands at the start of a line.
  if (stdout.isTty && entry.value.at(-1) !== 0x0a) await stdout.write("\n");
}

export async function deleteEntry(
  context: CommandContext,
  database: Database,
  words: Words,
): Promise<void> {
  const { key = "", table = tableDefault, expect: expectedRevision } = words;
  const options = { expectedRevision, signal: context.signal };
  const deleted = await withHint(database.table(table).delete(key, options), words);
  if (context.globals.json) return printJson(context, { key, deleted });
  await context.stdout.write(`${printable(key)} ${deleted ? "is deleted" : "was not there"}\n`);
}

async function readValue({ stdin }: CommandContext, value: string | undefined): Promise<Bytes> {
  if (value !== undefined && value !== "-") return value;
  // A person who forgot it would wait for a prompt that never comes.
  if (value === undefined && stdin.isTty) throw usageError("Missing VALUE", { tryNext });
  return readBytes(stdin);
}

/** Whoever lost against another writer looks at what is there now. */
async function withHint<T>(write: Promise<T>, { key = "", table }: Words): Promise<T> {
  try {
    return await write;
  } catch (thrown) {
    const error = ReefError.from(thrown);
    if (error.reason !== "conflict") throw thrown;
    const look = `reef store get ${key}${tableFlag(table)} --json`;
    throw failure(error.code, error.message, { tryNext: look, cause: error });
  }
}
