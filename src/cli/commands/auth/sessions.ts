/** `reef auth sessions|token|end`: what accounts came in with. */
import type { Realm } from "../../../blocks/auth/index.ts";
import type { CommandContext } from "../../command.ts";
import { note, printJson, printTable } from "../../print.ts";
import { allOf } from "./accounts.ts";
import { accountOf, type Words } from "./action.ts";

export async function sessions(context: CommandContext, realm: Realm): Promise<void> {
  const all = await allOf((cursor) => realm.sessions({ cursor, signal: context.signal }));
  if (context.globals.json) return printJson(context, { sessions: all });
  if (all.length === 0) return note(context, "Nobody is logged in");
  const rows = all.map(({ id, account, kind, expiresMs, note: text }) => {
    return [id, account, kind, new Date(expiresMs).toISOString(), text];
  });
  await printTable(context, ["SESSION", "ACCOUNT", "KIND", "UNTIL", "NOTE"], rows);
}

export async function createToken(
  context: CommandContext,
  realm: Realm,
  words: Words,
): Promise<void> {
  const { scope, ttl: lifetimeMs, note: text, audience } = words;
  const made = await realm.createToken(accountOf(words), {
    ...(scope.length > 0 && { scopes: scope }),
    lifetimeMs,
    note: text,
    audience,
    signal: context.signal,
  });
  if (context.globals.json) return printJson(context, made);
  await context.stdout.write(`${made.token}\n`);
  await note(context, `It is not shown again; "reef auth end ${made.session}" ends it.`);
}

export async function endSession(
  context: CommandContext,
  realm: Realm,
  { id = "" }: Words,
): Promise<void> {
  const ended = await realm.endSession(id, { signal: context.signal });
  if (context.globals.json) return printJson(context, { session: id, ended });
  await context.stdout.write(`${id} ${ended ? "has ended" : "was not there"}\n`);
  if (!ended) await note(context, '"reef auth sessions" lists those that are there');
}
