/** Rules put and deleted, and the question what they would say. */
import {
  AccessRules,
  type Decision,
  type Resource,
  type Rule,
} from "../../../../core/access-rules.ts";
import { parseQuestion, parseRuleChange, parseRuleId } from "../../contract.ts";
import type { ForceOptions, WaitOptions } from "../../index.ts";
import type { Accounts } from "./accounts.ts";
import { missing, type Parts } from "./parts.ts";

export class RuleChanges {
  readonly #parts: Parts;
  readonly #accounts: Accounts;

  constructor(parts: Parts, accounts: Accounts) {
    this.#parts = parts;
    this.#accounts = accounts;
  }

  async rules({ signal }: WaitOptions = {}): Promise<readonly Rule[]> {
    return new AccessRules(this.#parts.namespace, await this.#accounts.rules(signal)).rules;
  }

  async putRule(given: Rule, { force, signal }: ForceOptions = {}): Promise<void> {
    const { rule } = parseRuleChange({ rule: given });
    await this.#accounts.change(
      `put the rule "${rule.id}"`,
      ({ accounts, rules }) => ({
        after: { accounts, rules: [...rules.filter(({ id }) => id !== rule.id), rule] },
        writes: [this.#accounts.putRule(rule), this.#parts.note("rule put", rule.id)],
      }),
      { force, signal },
    );
  }

  async deleteRule(given: string, { force, signal }: ForceOptions = {}): Promise<boolean> {
    const { id } = parseRuleId({ id: given });
    return this.#accounts.change(
      `delete the rule "${id}"`,
      ({ accounts, rules }) => {
        if (!rules.some((each) => each.id === id)) return undefined;
        return {
          after: { accounts, rules: rules.filter((each) => each.id !== id) },
          writes: [this.#accounts.dropRule(id), this.#parts.note("rule deleted", id)],
        };
      },
      { force, signal },
    );
  }

  async explain(
    given: string | undefined,
    asked: Resource,
    { signal }: WaitOptions = {},
  ): Promise<Decision> {
    const { account: id, resource } = parseQuestion({ account: given, resource: asked });
    const account = id === undefined ? undefined : await this.#accounts.get(id, signal);
    if (id !== undefined && !account) missing(id);
    const { namespace } = this.#parts;
    const access = new AccessRules(namespace, await this.#accounts.rules(signal));
    // A disabled account is nobody: its tokens are refused.
    const known = account && !account.value.disabled;
    return access.decide(known ? { namespace, scopes: account.value.scopes } : undefined, resource);
  }
}
