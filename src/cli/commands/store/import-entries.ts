/**
 * `reef store import`: lines of `reef store export` back into a store, in bounded batches. What is there already is
 * left out, so an import that was cut short is simply done again; another value under a key is never overwritten
 * unless that is asked for.
 */
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { Database } from "../../../blocks/store/index.ts";
import { ReefError } from "../../../core/errors.ts";
import type { CommandContext } from "../../command.ts";
import { failure, usageError } from "../../failure.ts";
import { counted, note, printJson } from "../../print.ts";
import { openProgress } from "../../progress.ts";
import { readLines } from "../../read-lines.ts";
import { maybeTable, tryNext } from "./action.ts";
import type { Words } from "./action.ts";
import { parseEntryLine } from "./entry-line.ts";
import type { LineEntry } from "./entry-line.ts";
import { keyText, jsonOf } from "./entry-text.ts";
import { writeEntries } from "./write-entries.ts";
import type { Verdict } from "./write-entries.ts";

/** Entries that wait to be written: half of what a batch may hold, so that others who write wait half as long. */
const waitingMax = 500;
/** Bytes of them; the store takes twice as many in one batch, and one entry more may come on top. */
const waitingBytesMax = 1_048_576;

interface Numbered extends LineEntry {
  readonly line: number;
}

export async function importEntries(
  context: CommandContext,
  database: Database,
  words: Words,
): Promise<void> {
  const into = maybeTable(words);
  await using progress = openProgress(context);
  const tally: Tally = { added: 0, replaced: 0, unchanged: 0, refused: 0 };
  const waiting = new Waiting();
  let count = 0;

  async function flush(): Promise<void> {
    await writeWaiting(context, { database, waiting, tally, replace: words.replace });
    await progress.show(counted(count, "line"));
  }

  for await (const line of readLines(source(context, words.file))) {
    count++;
    if (line.trim() === "") continue;
    const entry = await parseOrFlush(line, { into, count, flush, tally });
    if (!waiting.takes(entry)) await flush();
    waiting.add(entry);
  }
  await flush();
  await progress[Symbol.asyncDispose]();
  if (context.globals.json) await printJson(context, tally);
  else await note(context, `Imported ${counted(count, "line")}: ${tallyText(tally)}`);
  if (tally.refused > 0) throw refusal(tally);
}

type Tally = { [verdict in Verdict]: number };

function tallyText({ added, replaced, unchanged, refused }: Tally): string {
  const others = [replaced && `${replaced} replaced`, refused && `${refused} left as they are`];
  return [`${added} added`, `${unchanged} were there`, ...others.filter(Boolean)].join(", ");
}

function refusal({ refused }: Tally): ReefError {
  const rule = "another value is under the same key, and all others are in";
  const text = `Cannot import ${counted(refused, "entry", "entries")}: ${rule}; overwrite with --replace`;
  return failure("already_exists", text);
}

function source(context: CommandContext, file: string | undefined): AsyncIterable<Uint8Array> {
  const { stdin, folder, signal } = context;
  if (file !== undefined) return readFile(file, resolve(folder, file), signal);
  if (stdin.isTty) throw usageError("Missing --file FILE, or a file as stdin", { tryNext });
  return stdin;
}

async function* readFile(file: string, path: string, signal: AbortSignal) {
  try {
    // What it yields without an encoding are bytes.
    yield* createReadStream(path, { signal }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    signal.throwIfAborted();
    const { message } = ReefError.from(cause);
    throw failure("failed_precondition", `Cannot read ${file}: ${message}`, { cause });
  }
}

interface Place {
  readonly into: string | undefined;
  readonly count: number;
  readonly tally: Tally;
  readonly flush: () => Promise<void>;
}

/** What stands before a bad line is written before that line is reported, so that nobody has to guess. */
async function parseOrFlush(line: string, { into, count, flush, tally }: Place): Promise<Numbered> {
  try {
    return { ...parseEntryLine(line, into), line: count };
  } catch (thrown) {
    await flush();
    const { message } = ReefError.from(thrown);
    const done = `the lines before it are done (${tallyText(tally)}): mend it and import again`;
    throw failure("invalid_argument", `Cannot import line ${count}: ${message}; ${done}`, {
      cause: thrown,
    });
  }
}

/** Lines that are not written yet, by table; a key is among them once, as a batch wants it. */
class Waiting {
  readonly tables = new Map<string, Map<string, Numbered>>();
  #count = 0;
  #bytes = 0;

  takes({ table, key, value }: Numbered): boolean {
    if (this.#count >= waitingMax) return false;
    if (this.#count > 0 && this.#bytes + key.length + value.length > waitingBytesMax) return false;
    return !this.tables.get(table)?.has(idOf(key));
  }

  add(entry: Numbered): void {
    const { table, key, value } = entry;
    const entries = this.tables.get(table) ?? new Map<string, Numbered>();
    this.tables.set(table, entries.set(idOf(key), entry));
    this.#count++;
    this.#bytes += key.length + value.length;
  }

  clear(): void {
    this.tables.clear();
    this.#count = 0;
    this.#bytes = 0;
  }
}

function idOf(key: Uint8Array): string {
  return Buffer.from(key).toString("latin1");
}

interface WriteOptions {
  readonly database: Database;
  readonly waiting: Waiting;
  readonly tally: Tally;
  readonly replace: boolean;
}

async function writeWaiting(
  context: CommandContext,
  { database, waiting, tally, replace }: WriteOptions,
): Promise<void> {
  const { signal } = context;
  for (const [table, byKey] of waiting.tables) {
    const entries = [...byKey.values()];
    const options = { replace, signal };
    const verdicts = await writeEntries(database.table(table), entries, options).catch(
      (thrown: unknown) => {
        signal.throwIfAborted();
        throw stopped(entries, tally, thrown);
      },
    );
    for (const [index, verdict] of verdicts.entries()) {
      tally[verdict]++;
      const entry = entries[index];
      if (entry && verdict === "refused") await sayRefused(context, entry);
    }
  }
  waiting.clear();
}

async function sayRefused(context: CommandContext, entry: Numbered): Promise<void> {
  const { line, table, key } = entry;
  if (context.globals.json) {
    await printJson(context, { refused: { line, table, ...jsonOf({ key }) } });
  } else {
    const name = JSON.stringify(keyText(key));
    await note(context, `Line ${line}: ${name} of table "${table}" is another one, left as it is`);
  }
}

function stopped(entries: readonly Numbered[], tally: Tally, cause: unknown): ReefError {
  const { code, message } = ReefError.from(cause);
  const lines = `lines ${entries[0]?.line} to ${entries.at(-1)?.line}`;
  const done = `before them ${tallyText(tally)}; import again to go on`;
  return failure(code, `Cannot import ${lines}: ${message}; ${done}`, { cause });
}
