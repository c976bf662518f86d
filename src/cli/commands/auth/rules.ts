/** `reef auth rules|put-rule|delete-rule|explain`: what accounts may do. */
import type { Realm } from "../../../blocks/auth/index.ts";
import type { Rule } from "../../../core/access-rules.ts";
import type { CommandContext } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { note, printJson, printTable } from "../../print.ts";
import { accountOf, resourceOf, shownResource, tryNext, type Words } from "./action.ts";
import { checkBlock } from "./check-block.ts";

export async function rules(context: CommandContext, realm: Realm): Promise<void> {
  const all = await realm.rules({ signal: context.signal });
  if (context.globals.json) return printJson(context, { rules: all });
  if (all.length === 0) return note(context, "There are no rules: everything is forbidden");
  const rows = all.map(({ id, scope, resource, access, priority }) => [
    id,
    String(priority),
    access,
    shownResource(resource),
    scopeWords[scope] ?? `with scope ${scope}`,
  ]);
  await printTable(context, ["RULE", "PRIORITY", "ACCESS", "RESOURCE", "WHO"], rows);
}

export async function putRule(context: CommandContext, realm: Realm, words: Words): Promise<void> {
  const { id = "", scope: scopes, resource, deny, priority = 0, force } = words;
  const [scope, ...more] = scopes;
  if (scope === undefined || more.length > 0) {
    throw usageError('Give one --scope: a word, * (every account), + or "" (everybody)', {
      tryNext,
    });
  }
  if (resource === undefined)
    throw usageError("Missing --resource: what it is about, such as service:greeter", { tryNext });
  const access = deny ? "denied" : "granted";
  const rule: Rule = { id, scope, resource: resourceOf(resource), access, priority };
  // Another version of the platform may have what this one does not know.
  if (!force) await checkBlock(rule.resource);
  await realm.putRule(rule, { force, signal: context.signal });
  if (context.globals.json) return printJson(context, rule);
  await context.stdout.write(`${id}: ${access} ${shownResource(rule.resource)}\n`);
}

export async function deleteRule(
  context: CommandContext,
  realm: Realm,
  { id = "", force }: Words,
): Promise<void> {
  const deleted = await realm.deleteRule(id, { force, signal: context.signal });
  if (context.globals.json) return printJson(context, { id, deleted });
  await context.stdout.write(`${id} ${deleted ? "is deleted" : "was not there"}\n`);
  if (!deleted) await note(context, '"reef auth rules" lists those that are there');
}

export async function explain(context: CommandContext, realm: Realm, words: Words): Promise<void> {
  const account = words.id === "-" ? undefined : accountOf(words);
  const resource = resourceOf(words.about ?? "");
  await checkBlock(resource);
  const decision = await realm.explain(account, resource, { signal: context.signal });
  if (context.globals.json) return printJson(context, decision);
  const { allowed, rule } = decision;
  const verdict = allowed ? "granted" : "denied";
  const reason = rule
    ? `rule "${rule.id}" (priority ${rule.priority}, ${scopeWords[rule.scope] ?? `scope ${rule.scope}`})`
    : "no rule grants it";
  await context.stdout.write(`${verdict}: ${reason}\n`);
}

const scopeWords: { readonly [scope: string]: string | undefined } = {
  "": "everybody",
  "*": "every account",
  "+": "every account of every namespace",
};
