import { isUtf8 } from "node:buffer";
import { listLimitDefault, listLimitMax } from "../../blocks/store/index.ts";
import type {
  Bytes,
  Change,
  Database,
  Entry,
  Table,
  WatchEvent,
} from "../../blocks/store/index.ts";
import { ReefError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { failure, usageError } from "../failure.ts";
import { note, printJson, printTable } from "../print.ts";
import { readBytes } from "../read-lines.ts";
import { fit, printable } from "../table.ts";
import type { Cell } from "../table.ts";
import { painter } from "../terminal.ts";

/** What a person still looks through; a program takes the rest by prefix. */
const limitMax = 100_000;
/** Columns of a value in a table: enough to know it again. */
const valueColumns = 40;

export const store = command({
  name: "store",
  summary: "Read and change what services keep in the store",
  about: `ACTION is put, get, list, delete or watch. get prints the value as it is; put takes it from stdin when VALUE is
not there or is -. watch shows what is there, then each change until Ctrl-C. With --json, list prints one entry a line
and watch one event; what is not text is there as keyBase64 and valueBase64.`,
  examples: [
    ["reef store put color blue", "writes, and prints the revision"],
    ["reef store put photo < photo.jpg", "bytes from a file"],
    ["reef store get color", "prints blue"],
    ["reef store list --table orders --prefix 2026-", "keys in order"],
    ["reef store delete color --expect 17", "only if nobody has written since revision 17"],
    ["reef store watch --namespace test --json", "one event a line"],
  ],
  positionals: {
    action: { description: "put, get, list, delete or watch" },
    key: { description: "The key, for put, get and delete", optional: true },
    value: { description: "What to put under it", optional: true },
  },
  options: {
    table: {
      type: "text",
      placeholder: "NAME",
      default: "default",
      description: "The table",
    },
    ttl: { type: "duration", placeholder: "TIME", description: "put: the entry is gone after it" },
    expect: {
      type: "integer",
      placeholder: "REVISION",
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "put, delete: only if the entry has this revision; 0: only if there is none",
    },
    prefix: {
      type: "text",
      placeholder: "TEXT",
      description: "list, watch: only keys that begin with it",
    },
    limit: {
      type: "integer",
      placeholder: "N",
      minimum: 1,
      maximum: limitMax,
      description: `list: at most N entries (default ${listLimitDefault})`,
    },
    descending: { type: "flag", description: "list: the last keys first" },
  },
  async run(context, given) {
    const action = actionOf(given.action);
    refuseWords(action, given);
    const flags = { ...given, descending: given.descending || undefined };
    refuseFlags(action, flags);
    const { store: database } = await context.platform();
    await actions[action].run(context, database, given);
    return 0;
  },
});

interface Words {
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly table: string;
  readonly ttl: number | undefined;
  readonly expect: number | undefined;
  readonly prefix: string | undefined;
  readonly limit: number | undefined;
  readonly descending: boolean;
}

interface Action {
  /** How many words follow it, at least and at most. */
  readonly words: readonly [number, number];
  readonly flags: readonly string[];
  run(context: CommandContext, database: Database, words: Words): Promise<void>;
}

const actions = {
  put: { words: [1, 2], flags: ["ttl", "expect"], run: put },
  get: { words: [1, 1], flags: [], run: get },
  list: { words: [0, 0], flags: ["prefix", "limit", "descending"], run: list },
  delete: { words: [1, 1], flags: ["expect"], run: remove },
  watch: { words: [0, 0], flags: ["prefix"], run: watch },
} as const satisfies { readonly [name: string]: Action };

const tryNext = "reef store --help";

function actionOf(word: string): keyof typeof actions {
  // It was looked up among their names.
  if (Object.hasOwn(actions, word)) return word as keyof typeof actions;
  const hint = didYouMean(word, Object.keys(actions));
  throw usageError(`Unknown action ${JSON.stringify(word)}${hint}`, { tryNext });
}

function refuseWords(action: keyof typeof actions, { key, value }: Pick<Words, "key" | "value">) {
  const [least, most] = actions[action].words;
  if (least > 0 && key === undefined) throw usageError("Missing KEY", { tryNext });
  const extra = [key, value][most];
  if (extra === undefined) return;
  throw usageError(`Unexpected word ${JSON.stringify(extra)} after ${action}`, { tryNext });
}

/** A flag that does nothing hides a slip: `delete --prefix` would be one to be sorry for. */
function refuseFlags(action: keyof typeof actions, given: { readonly [name: string]: unknown }) {
  for (const flag of ["ttl", "expect", "prefix", "limit", "descending"]) {
    if (given[flag] === undefined) continue;
    const takers = Object.entries(actions).filter(([, { flags }]) => flags.some((f) => f === flag));
    const names = takers.map(([name]) => name);
    if (names.includes(action)) continue;
    throw usageError(`Flag --${flag} is for ${names.join(" and ")}, not for ${action}`, {
      tryNext,
    });
  }
}

async function put(context: CommandContext, database: Database, words: Words): Promise<void> {
  const { key = "", table, ttl: ttlMs, expect: expectedRevision } = words;
  const value = await readValue(context, words.value);
  const options = { ttlMs, expectedRevision, signal: context.signal };
  const revision = await withHint(database.table(table).put(key, value, options), words);
  if (context.globals.json) await printJson(context, { key, revision });
  else await context.stdout.write(`${printable(key)} has revision ${revision}\n`);
}

async function readValue({ stdin }: CommandContext, value: string | undefined): Promise<Bytes> {
  if (value !== undefined && value !== "-") return value;
  // A person who forgot it would wait for a prompt that never comes.
  if (value === undefined && stdin.isTty) throw usageError("Missing VALUE", { tryNext });
  return readBytes(stdin);
}

async function get(context: CommandContext, database: Database, words: Words): Promise<void> {
  const { key = "", table } = words;
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

async function list(context: CommandContext, database: Database, words: Words): Promise<void> {
  const { table, prefix, descending, limit = listLimitDefault } = words;
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

function row({ key, value, revision, ttlMs }: Entry, paint: (text: string) => string): Cell[] {
  const ttl = ttlMs === undefined ? "-" : formatDuration(ttlMs);
  return [{ text: shown(key), paint }, short(value), String(revision), ttl];
}

async function remove(context: CommandContext, database: Database, words: Words): Promise<void> {
  const { key = "", table, expect: expectedRevision } = words;
  const options = { expectedRevision, signal: context.signal };
  const deleted = await withHint(database.table(table).delete(key, options), words);
  if (context.globals.json) return printJson(context, { key, deleted });
  await context.stdout.write(`${printable(key)} ${deleted ? "is deleted" : "was not there"}\n`);
}

async function watch(context: CommandContext, database: Database, words: Words): Promise<void> {
  const { signal, globals } = context;
  const from: Table = database.table(words.table);
  for await (const event of from.watch({ prefix: words.prefix, signal })) {
    if (globals.json) await printJson(context, jsonOfEvent(event));
    else if (event.kind !== "complete") await printChanges(context, event.changes);
  }
  // It ends without an error when the signal fires; the command does not end well then.
  signal.throwIfAborted();
}

async function printChanges({ stdout }: CommandContext, changes: readonly Change[]): Promise<void> {
  for (const { key, value } of changes) {
    const name = painter(stdout, "name")(shown(key));
    const line = value ? `put   ${name}  ${short(value)}` : `gone  ${name}`;
    await stdout.write(`${line}\n`);
  }
}

function jsonOfEvent(event: WatchEvent) {
  return event.kind === "complete" ? event : { ...event, changes: event.changes.map(jsonOf) };
}

/** Text as text, which nearly everything is; whatever else as a field that says so. */
function jsonOf<T extends Change>({ key, value, ...rest }: T) {
  return {
    ...(isUtf8(key) ? { key: decode(key) } : { keyBase64: base64(key) }),
    ...(value && (isUtf8(value) ? { value: decode(value) } : { valueBase64: base64(value) })),
    ...rest,
  };
}

function short(value: Uint8Array): string {
  return fit(shown(value.subarray(0, isUtf8(value) ? undefined : valueColumns)), valueColumns);
}

/** On a line for people: bytes that are no text in hex. */
function shown(bytes: Uint8Array): string {
  return isUtf8(bytes) ? printable(decode(bytes)) : `0x${Buffer.from(bytes).toString("hex")}`;
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
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

function tableFlag(table: string): string {
  return table === "default" ? "" : ` --table ${table}`;
}
