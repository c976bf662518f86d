/** What the actions of `reef store` are to it: data by which it refuses words and flags that would mean nothing. */
import type { Database } from "../../../blocks/store/index.ts";
import type { CommandContext } from "../../command.ts";
import { usageError } from "../../failure.ts";

export interface Action {
  /** How many words follow it, at least and at most. */
  readonly words: readonly [number, number];
  /** Those flags of the command that it knows; `--table` is known to all. */
  readonly flags: readonly string[];
  run(context: CommandContext, database: Database, words: Words): Promise<void>;
}

/** What was typed behind `reef store ACTION`. */
export interface Words {
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly table: string | undefined;
  readonly ttl: number | undefined;
  readonly expect: number | undefined;
  readonly prefix: string | undefined;
  readonly limit: number | undefined;
  readonly descending: boolean;
  readonly file: string | undefined;
  readonly replace: boolean;
}

/** The table of an action that works in one. */
export const tableDefault = "default";

/** The help that a wrong line of this command points to. */
export const tryNext = "reef store --help";

/** The table of an action that takes all of them where none is named, be it by a word or by the flag. */
export function maybeTable({ key, table }: Words): string | undefined {
  if (key === undefined || table === undefined || key === table) return key ?? table;
  throw usageError(`Two tables are named, "${key}" and "${table}"; name one or none`, { tryNext });
}

/** The flag as it has to be typed again, for hints. */
export function tableFlag(table: string | undefined): string {
  return table === undefined || table === tableDefault ? "" : ` --table ${table}`;
}
