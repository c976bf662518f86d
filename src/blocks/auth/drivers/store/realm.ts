/** One namespace: its accounts, what they come in with, and its rules. */
import type { Realm } from "../../index.ts";
import { AccountChanges } from "./account-changes.ts";
import { Accounts } from "./accounts.ts";
import { Entrance } from "./entrance.ts";
import { Issue } from "./issue.ts";
import { partsOf, type RealmPlace, type SharedParts } from "./parts.ts";
import { RuleChanges } from "./rule-changes.ts";
import { Sessions } from "./sessions.ts";

export function createRealm(shared: SharedParts, place: RealmPlace): Realm {
  const { namespace, reports, by } = place;
  const { records, sealKey } = shared;
  const parts = partsOf(shared, place, new Sessions(records, namespace, sealKey));
  const accounts = new Accounts(records, namespace);
  const changes = new AccountChanges(parts, accounts);
  const entrance = new Entrance(parts, accounts);
  const issued = new Issue(parts, accounts, changes);
  const rules = new RuleChanges(parts, accounts);
  const tables = [...new Set([records, shared.reported])];
  return {
    createAccount: (account, options) => changes.createAccount(account, options),
    account: (id, options) => changes.account(id, options),
    accounts: (options) => changes.accounts(options),
    changeAccount: (id, change, options) => changes.changeAccount(id, change, options),
    renewSecret: (id, options) => changes.renewSecret(id, options),
    deleteAccount: (id, options) => changes.deleteAccount(id, options),
    login: (id, secret, options) => entrance.login(id, secret, options),
    refresh: (refreshToken, options) => entrance.refresh(refreshToken, options),
    logout: (refreshToken, options) => entrance.logout(refreshToken, options),
    issue: (id, options) => issued.issue(id, options),
    createToken: (id, options) => entrance.createToken(id, options),
    sessions: (options) => entrance.sessions(options),
    endSession: (session, options) => entrance.endSession(session, options),
    rules: (options) => rules.rules(options),
    putRule: (rule, options) => rules.putRule(rule, options),
    deleteRule: (id, options) => rules.deleteRule(id, options),
    explain: (account, resource, options) => rules.explain(account, resource, options),
    async audit(options = {}) {
      const { auditPage } = await import("./audit-page.ts");
      return auditPage(tables, namespace, options);
    },
    report: async (given, options) => (await reports()).write(by, given, options),
  };
}
