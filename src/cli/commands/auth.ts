import { apiTokenMsMax } from "../../blocks/auth/index.ts";
import { didYouMean } from "../../core/suggest.ts";
import { command } from "../command.ts";
import { confirm } from "../confirm.ts";
import { usageError } from "../failure.ts";
import {
  accounts,
  changeAccount,
  createAccount,
  deleteAccount,
  renewSecret,
} from "./auth/accounts.ts";
import { audit, limitMax } from "./auth/audit.ts";
import type { Action, Words } from "./auth/action.ts";
import { tryNext } from "./auth/action.ts";
import { keys, rotateKeys } from "./auth/keys.ts";
import { inPlainWords } from "./auth/plain-words.ts";
import { recover } from "./auth/recover.ts";
import { deleteRule, explain, putRule, rules } from "./auth/rules.ts";
import { createToken, endSession, sessions } from "./auth/sessions.ts";

const actionNames = [
  "accounts",
  "create",
  "change",
  "delete",
  "renew",
  "rules",
  "put-rule",
  "delete-rule",
  "explain",
  "sessions",
  "token",
  "end",
  "keys",
  "rotate-keys",
  "audit",
  "recover",
] as const;

export const auth = command({
  name: "auth",
  summary: "Say who may come in, and what that one may do",
  about: `ACTION is one of

  accounts  create ID  change ID  delete ID  renew ID      who there is, and their secrets
  rules  put-rule ID  delete-rule ID  explain ID RESOURCE   what they may do, and which rule says so
  sessions  token ID  end ID                                what they came in with
  audit                                                     who called what and was let in or refused, by which rule;
                                                            who has changed what
  keys  rotate-keys                                         what signs tokens; another key does from now on
  recover                                                   for the owner of this machine who is locked out

ID is ann or user:ann for a person, service:trip for a service, and for a rule or session its name; - as the ID of
explain is somebody unknown. RESOURCE is TYPE:NAME:ENDPOINT with * for all of a kind: service:greeter:hello,
block:store:*. A secret is printed once, when it is made; --stdin reads one that you have. What would leave nobody who
may change rules is refused, unless --force. After recover user:owner may do everything again and has a new secret, in
the file owner.secret of the state folder; it asks for nothing but that folder. Keys rotate by themselves, every 30 days
or as the platform was told by --rotate-keys; no token ends by it.

The audit has the first call of its kind within a second, and how often it came since (CALLS) within a minute, later
within an hour. AT is who decided: an entrance, the blocks of the platform, or the service that was called. WHO is
"service:trip for user:ann" where a service called on behalf of somebody.
Decisions are kept for 30 days, changes for 90.

The gateway and the proxy ask for them: a call of a service that no rule grants is refused there. The first rules
let everybody on this machine call services; delete-rule anonymous ends that.`,
  examples: [
    ["reef auth create ann --scope staff", "prints the secret of ann"],
    ["reef auth put-rule staff --scope staff --resource service", "staff may call services"],
    ["reef auth put-rule closed --scope staff --resource service:pay --deny", "but not pay"],
    ["reef auth explain ann service:pay:refund", "denied, by rule closed"],
    ["reef auth token service:trip --ttl 1h --note deploy", "a token for a program"],
    ["reef auth end kSx1eQ0tq3mA", "its tokens are refused from now on"],
    ["reef auth audit --refused --since 1h", "what was refused lately, and by which rule"],
    ["reef auth audit --account ann --resource service:pay", "whether ann has called pay"],
    ["reef auth recover", "the owner's secret is lost"],
  ],
  positionals: {
    action: { description: "What to do", complete: actionNames },
    id: { description: "The account, rule or session", optional: true },
    about: { description: "The RESOURCE that explain asks for", optional: true },
  },
  options: {
    scope: {
      type: "text",
      placeholder: "WORD",
      list: true,
      description: 'create, change, token: a scope; put-rule: whom it is about, also *, + or ""',
    },
    stdin: { type: "flag", description: "create, renew: the secret is read from stdin" },
    disable: { type: "flag", description: "change: refuses all its tokens" },
    enable: { type: "flag", description: "change: may log in again" },
    resource: {
      type: "text",
      placeholder: "RESOURCE",
      description: "put-rule: what it is about; audit: only calls of that",
    },
    deny: { type: "flag", description: "put-rule: forbids instead of granting" },
    priority: {
      type: "integer",
      placeholder: "N",
      minimum: -1_000_000,
      maximum: 1_000_000,
      description: "put-rule: the highest decides (default 0)",
    },
    ttl: {
      type: "duration",
      placeholder: "TIME",
      minimum: 1_000,
      maximum: apiTokenMsMax,
      description: "token: how long (default 30 days, at most a year)",
    },
    note: { type: "text", placeholder: "TEXT", description: "token: what it is for" },
    audience: {
      type: "text",
      placeholder: "NAME",
      description: "token: for the own port of this service alone, and for no entrance",
    },
    account: {
      type: "text",
      placeholder: "ID",
      description:
        "audit: only what was done by ann, service:trip or nobody (no good token), for them, or to them",
    },
    refused: { type: "flag", description: "audit: only what was refused" },
    since: {
      type: "duration",
      placeholder: "TIME",
      description: "audit: only of the last 5m, 2h ...",
    },
    limit: {
      type: "integer",
      placeholder: "N",
      minimum: 1,
      maximum: limitMax,
      description: "audit: the newest N (default 50, with --json 1000)",
    },
    force: { type: "flag", description: "change, delete, rules: although nobody could undo it" },
  },
  async run(context, given) {
    const action = actions[actionOf(given.action)];
    refuseWords(given.action, action, given);
    refuseFlags(given.action, action, given);
    const deed = deeds[given.action];
    if (deed !== undefined || given.disable) {
      await confirm(context, `${deed ?? "Disable"} ${given.id}`);
    }
    if ("alone" in action) await action.alone(context);
    else {
      const { auth: realm } = await context.platform();
      await action.run(context, realm, given).catch((error: unknown) => {
        throw inPlainWords(error, given);
      });
    }
    return 0;
  },
});

const actions: { readonly [name in (typeof actionNames)[number]]: Action } = {
  accounts: { words: 0, flags: [], run: accounts },
  create: { words: 1, flags: ["scope", "stdin"], run: createAccount },
  change: { words: 1, flags: ["scope", "disable", "enable", "force"], run: changeAccount },
  delete: { words: 1, flags: ["force"], run: deleteAccount },
  renew: { words: 1, flags: ["stdin"], run: renewSecret },
  rules: { words: 0, flags: [], run: rules },
  "put-rule": { words: 1, flags: ["scope", "resource", "deny", "priority", "force"], run: putRule },
  "delete-rule": { words: 1, flags: ["force"], run: deleteRule },
  explain: { words: 2, flags: [], run: explain },
  sessions: { words: 0, flags: [], run: sessions },
  token: { words: 1, flags: ["scope", "ttl", "note", "audience"], run: createToken },
  end: { words: 1, flags: [], run: endSession },
  keys: { words: 0, flags: [], run: keys },
  "rotate-keys": { words: 0, flags: [], run: rotateKeys },
  audit: {
    words: 0,
    flags: ["account", "resource", "refused", "since", "limit"],
    run: audit,
  },
  recover: { words: 0, flags: [], alone: recover },
};

/** What locks somebody out, or cannot be taken back. */
const deeds: { readonly [action: string]: string } = {
  delete: "Delete the account",
  "delete-rule": "Delete the rule",
  renew: "Replace the secret of",
  end: "End the session",
};

function actionOf(word: string): keyof typeof actions {
  // It was looked up among their names.
  if (Object.hasOwn(actions, word)) return word as keyof typeof actions;
  const hint = didYouMean(word, Object.keys(actions));
  throw usageError(`Unknown action ${JSON.stringify(word)}${hint}`, { tryNext });
}

function refuseWords(name: string, { words }: Action, given: Words): void {
  const typed = [given.id, given.about].filter((word) => word !== undefined);
  const missing = ["ID", "RESOURCE"].slice(typed.length, words)[0];
  if (missing !== undefined) throw usageError(`Missing ${missing}`, { tryNext });
  const extra = typed[words];
  if (extra === undefined) return;
  throw usageError(`Unexpected word ${JSON.stringify(extra)} after ${name}`, { tryNext });
}

/** A flag that does nothing hides a slip. */
function refuseFlags(
  name: string,
  { flags }: Action,
  given: { readonly [name: string]: unknown },
): void {
  for (const flag of Object.keys(auth.options)) {
    const value = given[flag];
    const isGiven = Array.isArray(value)
      ? value.length > 0
      : value !== undefined && value !== false;
    if (!isGiven || flags.includes(flag)) continue;
    throw usageError(`Flag --${flag} means nothing to ${name}`, { tryNext });
  }
}
