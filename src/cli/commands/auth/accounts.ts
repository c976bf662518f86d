/** `reef auth accounts|create|change|delete|renew`: who there is. */
import type { Account, Page, Realm } from "../../../blocks/auth/index.ts";
import type { CommandContext } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { note, printJson, printTable } from "../../print.ts";
import { readBytes } from "../../read-lines.ts";
import { accountOf, tryNext, type Words } from "./action.ts";

export async function accounts(context: CommandContext, realm: Realm): Promise<void> {
  const all = await allOf((cursor) => realm.accounts({ cursor, signal: context.signal }));
  if (context.globals.json) return printJson(context, { accounts: all });
  if (all.length === 0) return note(context, "There are no accounts");
  const rows = all.map(({ id, scopes, disabled, createdMs }) => [
    id,
    disabled ? "disabled" : "enabled",
    new Date(createdMs).toISOString().slice(0, 10),
    scopes.join(" "),
  ]);
  await printTable(context, ["ACCOUNT", "STATE", "SINCE", "SCOPES"], rows);
}

export async function createAccount(
  context: CommandContext,
  realm: Realm,
  words: Words,
): Promise<void> {
  const given = { id: accountOf(words), scopes: words.scope };
  const secret = await givenSecret(context, words);
  const made = await realm.createAccount({ ...given, secret }, { signal: context.signal });
  await tellSecret(context, { ...made.account }, secret === undefined ? made.secret : undefined);
}

export async function changeAccount(
  context: CommandContext,
  realm: Realm,
  words: Words,
): Promise<void> {
  const { scope, disable, enable, force } = words;
  if (disable && enable) throw usageError("Give --disable or --enable, not both", { tryNext });
  if (scope.length === 0 && !disable && !enable) {
    throw usageError("Nothing to change: give --scope, --disable or --enable", { tryNext });
  }
  const change = {
    scopes: scope.length > 0 ? scope.filter((word) => word !== "") : undefined,
    disabled: disable || enable ? disable : undefined,
  };
  const options = { force, signal: context.signal };
  const account = await realm.changeAccount(accountOf(words), change, options);
  if (context.globals.json) return printJson(context, account);
  const said = disable
    ? "is disabled; its tokens are refused from now on"
    : enable
      ? "is enabled; it may log in again"
      : "has these scopes now; logins go on with them, its API tokens have ended";
  await context.stdout.write(`${account.id} ${said}\n`);
}

export async function deleteAccount(
  context: CommandContext,
  realm: Realm,
  words: Words,
): Promise<void> {
  const id = accountOf(words);
  const deleted = await realm.deleteAccount(id, { force: words.force, signal: context.signal });
  if (context.globals.json) return printJson(context, { id, deleted });
  await context.stdout.write(`${id} ${deleted ? "is deleted" : "was not there"}\n`);
  if (!deleted) await note(context, '"reef auth accounts" lists those that are there');
}

export async function renewSecret(
  context: CommandContext,
  realm: Realm,
  words: Words,
): Promise<void> {
  const id = accountOf(words);
  const secret = await givenSecret(context, words);
  const { signal } = context;
  const made = await realm.renewSecret(id, { ...(secret !== undefined && { secret }), signal });
  await tellSecret(context, { id }, secret === undefined ? made : undefined);
}

/** All pages: what a person looks through, and a program wants whole. */
export async function allOf<T>(
  page: (cursor: string | undefined) => Promise<Page<T>>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    // Each page says where the next begins.
    // oxlint-disable-next-line no-await-in-loop
    const { items, cursor: next } = await page(cursor);
    all.push(...items);
    cursor = next;
  } while (cursor !== undefined);
  return all;
}

/** Never a word of the line: those are seen by every program of the machine, and kept by the shell. */
async function givenSecret(
  { stdin }: CommandContext,
  words: Pick<Words, "stdin">,
): Promise<string | undefined> {
  if (!words.stdin) return undefined;
  const text = Buffer.from(await readBytes(stdin)).toString();
  return text.replace(/\r?\n$/, "");
}

/** A secret that was made here is told this once. */
async function tellSecret(
  context: CommandContext,
  about: Partial<Account>,
  secret: string | undefined,
): Promise<void> {
  if (context.globals.json) return printJson(context, { ...about, ...(secret && { secret }) });
  if (secret === undefined)
    return context.stdout.write(`${about.id} has the secret that was given\n`);
  await context.stdout.write(`${secret}\n`);
  await note(context, `This is the secret of ${about.id}. It is not shown again.`);
}
