/** The promise of `index.ts` as a contract, in the namespace of the call, and the rules for its input. */
import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import type { Message } from "../../contract/message.ts";
import { method, stream } from "../../contract/method.ts";
import { parseMessage } from "../../contract/parse-message.ts";
import {
  AuditAskedType,
  AuditType,
  EventType,
  KeyType,
  ReportsType,
  ResourceType,
  RuleType,
  word,
  wordRule,
} from "./contract/door-types.ts";
import numbers from "./contract.numbers.json" with { type: "json" };
import { apiTokenMsMax, scopesMax, secretCharactersMax, secretCharactersMin } from "./index.ts";

const id = t.string({ pattern: new RegExp(`^(user:[a-z0-9][a-z0-9._@-]{0,62}|service:${word})$`) });
const namespace = t.string({ pattern: wordRule });
const audience = t.string({ pattern: new RegExp(`^(${word}/)?${word}$`) });
const scopes = t.list(namespace, { maxItems: scopesMax });
const secret = t.string({ minLength: secretCharactersMin, maxLength: secretCharactersMax });
const given = t.string({ maxLength: 4_096 });
const time = t.integer({ minimum: 0 });
const cursor = t.string({ maxLength: 512 }).optional();
const flag = t.boolean().default(false);
const force = flag;
const AccountType = t.object({ id, scopes, disabled: t.boolean(), createdMs: time });
const text = t.string();
/** Parts of the platform alone name one; others act for themselves. */
const actor = t.object({ account: text, namespace, serves: t.list(namespace).optional() });
const TokensType = t.object({ accessToken: text, expiresInMs: time, refreshToken: text });
const kind = t.enum(["login", "token"]);
const times = { createdMs: time, expiresMs: time };
const SessionType = t.object({ id: text, account: id, kind, note: text, ...times });
const state = t.enum(["next", "signs", "retired", "foreign"]);
const KeyUseType = t.object({ kid: text, state, sinceMs: time, untilMs: time.optional() });
const page = t.object({ cursor });

export const AuthContract = contract(
  "auth",
  {
    createAccount: method({
      description: "A new account, and its secret, which is told this once",
      input: t.object({ id, scopes: scopes.default([]), secret: secret.optional() }),
      output: t.object({ account: AccountType, secret: t.string() }),
    }),
    account: method({
      description: "The account, if there is one",
      input: t.object({ id }),
      output: t.object({ account: AccountType.optional() }),
      idempotent: true,
    }),
    accounts: method({
      description: "One page of accounts in the order of their ids",
      input: page,
      output: t.object({ items: t.list(AccountType), cursor }),
      idempotent: true,
    }),
    changeAccount: method({
      description: "Changes scopes, or disables; refused when no owner would be left",
      input: t.object({ id, scopes: scopes.optional(), disabled: t.boolean().optional(), force }),
      output: t.object({ account: AccountType }),
    }),
    renewSecret: method({
      description: "A new secret in the place of the old; ends all sessions",
      input: t.object({ id, secret: secret.optional() }),
      output: t.object({ secret: t.string() }),
    }),
    deleteAccount: method({
      description: "Deletes an account; refused when no owner would be left",
      input: t.object({ id, force }),
      output: t.object({ deleted: t.boolean() }),
    }),
    login: method({
      description: "Tokens for a secret",
      input: t.object({ id: given, secret: given }),
      output: TokensType,
    }),
    refresh: method({
      description: "The next pair of tokens; a used one ends its session",
      input: t.object({ refreshToken: given }),
      output: TokensType,
    }),
    logout: method({
      description: "Ends the session of a refresh token",
      input: t.object({ refreshToken: given }),
    }),
    issue: method({
      description: "Tokens without a secret, of a new session or one that goes on",
      input: t.object({ id, session: given.optional(), makeWithScopes: scopes.optional() }),
      output: TokensType,
    }),
    createToken: method({
      description: "A token for a program, until it expires or is revoked",
      input: t.object({
        id,
        scopes: scopes.optional(),
        lifetimeMs: t.integer({ minimum: 1_000, maximum: apiTokenMsMax }).optional(),
        audience: namespace.optional(),
        note: t.string({ maxLength: 200 }).optional(),
      }),
      output: t.object({ session: t.string(), token: t.string() }),
    }),
    sessions: method({
      description: "One page of logins and API tokens that have not ended",
      input: page,
      output: t.object({ items: t.list(SessionType), cursor }),
      idempotent: true,
    }),
    endSession: method({
      description: "Its tokens are refused from now on",
      input: t.object({ session: given }),
      output: t.object({ ended: t.boolean() }),
    }),
    rules: method({
      description: "The rules, heaviest first",
      output: t.object({ rules: t.list(RuleType) }),
      idempotent: true,
    }),
    putRule: method({
      description: "Adds or replaces a rule; refused when no owner would be left",
      input: t.object({ rule: RuleType, force }),
    }),
    deleteRule: method({
      description: "Deletes a rule; refused when no owner would be left",
      input: t.object({ id: namespace, force }),
      output: t.object({ deleted: t.boolean() }),
    }),
    explain: method({
      description: "What would become of a question, and which rule says so",
      input: t.object({ account: id.optional(), resource: ResourceType }),
      output: t.object({ allowed: t.boolean(), rule: RuleType.optional() }),
      idempotent: true,
    }),
    audit: method({
      description: "What happened, the newest first",
      input: AuditAskedType,
      output: t.object({ items: t.list(AuditType), cursor }),
      idempotent: true,
    }),
    report: method({
      description: "A door says what it has decided, in its own name",
      input: ReportsType,
    }),
    keys: method({
      description: "The public keys with which tokens are checked, and what becomes of each",
      output: t.object({ keys: t.list(KeyType), uses: t.list(KeyUseType) }),
      idempotent: true,
    }),
    rotateKeys: method({ description: "A key signs soon", input: t.object({ ifDue: flag }) }),
    verify: method({
      description: "Whom a token is about",
      input: t.object({ token: given, audience: given }),
      output: t.object({ account: id, namespace, scopes, session: text, expiresMs: time }),
      idempotent: true,
    }),
    exchange: method({
      description: "A token for one service alone, or one that says for whom the caller acts",
      input: t.object({ token: given, audience, actor: actor.optional() }),
      output: t.object({ token: text, expiresMs: time }),
      idempotent: true,
    }),
    watch: method({
      description: "What a door needs to know: the present, then each change",
      output: stream(EventType),
      idempotent: true,
    }),
  },
  { version: "1.0.0", description: "Who somebody is, and what that one may do", numbers },
);

const { createAccount, changeAccount, createToken, putRule, explain } = AuthContract.methods;

/** An account to be made. @throws {ReefError} `invalid_argument`, as every `parseX` of this file does */
export const parseNewAccount = parser(createAccount.input);
export const parseAccountChange = parser(changeAccount.input);
export const parseIssue = parser(AuthContract.methods.issue.input);
export const parseApiToken = parser(createToken.input);
export const parseRuleChange = parser(putRule.input);
export const parseQuestion = parser(explain.input);
export const parseExchange = parser(AuthContract.methods.exchange.input);
export const parseReports = parser(AuthContract.methods.report.input);
export const parseAccountId = parser(AuthContract.methods.account.input);
export const parseRuleId = parser(AuthContract.methods.deleteRule.input);

function parser<Sent, Seen>(message: Message<Sent, Seen>): (given: Sent) => Seen {
  return (given) => parseMessage(message, given);
}
