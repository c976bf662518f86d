/** What SQLite says, in the words of reef: the one table for every driver that is built on this engine. */
import { type Code, ReefError } from "../../core/errors.ts";

/**
 * - `unit`: the statement was wrong, the file is as before
 * - `storage`: the disk did not do its part; the transaction is over, reads go on
 * - `damage`: the file is not what was written; nothing in it may be trusted
 */
export type SqliteFailureKind = "unit" | "storage" | "damage";

interface Rule {
  readonly code: Code;
  readonly kind: SqliteFailureKind;
  /** Behind "Cannot use database "x": ". */
  readonly text: string;
}

const diskFull: Rule = {
  code: "resource_exhausted",
  kind: "storage",
  text: "the disk is full; free some space, writing goes on by itself then",
};

const diskFailed: Rule = {
  code: "unavailable",
  kind: "storage",
  text: "the disk failed; see the log of the system, writing goes on by itself when it works",
};

const damaged: Rule = {
  code: "data_loss",
  kind: "damage",
  text: "the file is damaged; stop the platform and restore a backup",
};

const outOfMemory: Rule = {
  code: "resource_exhausted",
  kind: "storage",
  text: "there is no memory left; free some",
};

const exists: Rule = { code: "already_exists", kind: "unit", text: "such a row exists" };

/** By result code, the extended one first. Source: https://www.sqlite.org/rescode.html */
const rules: { readonly [resultCode: number]: Rule } = {
  3: { code: "permission_denied", kind: "unit", text: "the system allows no access to the file" },
  5: { code: "unavailable", kind: "storage", text: "another program is writing to it; try again" },
  6: { code: "unavailable", kind: "storage", text: "it is locked; try again" },
  7: outOfMemory,
  8: {
    code: "failed_precondition",
    kind: "storage",
    text: "the file is read-only; make file and folder writable",
  },
  9: { code: "cancelled", kind: "unit", text: "it was interrupted" },
  10: diskFailed,
  11: damaged,
  13: diskFull,
  14: {
    code: "unavailable",
    kind: "storage",
    text: "the file cannot be opened; see that its folder exists and may be written to",
  },
  18: { code: "invalid_argument", kind: "unit", text: "a value is larger than a row may be" },
  19: { code: "failed_precondition", kind: "unit", text: "a constraint of the table forbids it" },
  26: damaged,
  // CONSTRAINT_PRIMARYKEY and CONSTRAINT_UNIQUE.
  1555: exists,
  2067: exists,
  // IOERR_NOMEM.
  3082: outOfMemory,
  // IOERR_SHMSIZE: the index of the log could not grow.
  4874: diskFull,
  // IOERR_CORRUPTFS.
  8458: damaged,
};

const noFile: Rule = {
  code: "failed_precondition",
  kind: "storage",
  text: "the file cannot be made or opened; see that its folder exists and may be written to",
};

/** What the system says where a file is used without SQLite. */
const systemRules: { readonly [code: string]: Rule | undefined } = {
  EACCES: noFile,
  EDQUOT: diskFull,
  EIO: diskFailed,
  EISDIR: noFile,
  ENOENT: noFile,
  ENOSPC: diskFull,
  ENOTDIR: noFile,
  EPERM: noFile,
  EROFS: noFile,
};

export interface SqliteFailure {
  readonly kind: SqliteFailureKind;
  readonly error: ReefError;
}

/** Whatever was thrown while `database` was used; what did not come from SQLite keeps its meaning. */
export function translateError(
  thrown: unknown,
  database: string,
  options: { readonly maybeExecuted?: boolean } = {},
): SqliteFailure {
  const { maybeExecuted = false } = options;
  if (thrown instanceof ReefError) return { kind: "unit", error: thrown };
  const [rule, said] = ruleFor(thrown);
  if (rule === undefined) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const text = `Cannot use database "${database}": a bug, ${why}; report it`;
    return { kind: "unit", error: new ReefError("internal", text, { cause: thrown }) };
  }
  const text = `Cannot use database "${database}": ${rule.text} (${said})`;
  const error = new ReefError(rule.code, text, { cause: thrown, maybeExecuted });
  return { kind: rule.kind, error };
}

function ruleFor(thrown: unknown): [rule: Rule | undefined, said: string] {
  const resultCode = resultCodeOf(thrown);
  if (resultCode !== undefined) {
    return [rules[resultCode] ?? rules[resultCode & 0xff], `SQLite code ${resultCode}`];
  }
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  return [systemRules[code], code];
}

/** SQLite's extended result code. */
export function resultCodeOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !("errcode" in thrown)) return undefined;
  return typeof thrown.errcode === "number" ? thrown.errcode : undefined;
}
