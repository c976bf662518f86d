/**
 * Accounts and rules of one namespace, and the check that belongs to both: after every change there must be somebody
 * left who can undo it. Two owners who remove each other at the same moment would pass a check of their own, so all
 * such changes of a namespace follow each other: each is written with the one before it as its condition.
 */
import { AccessRules, type Rule } from "../../../../core/access-rules.ts";
import type { Subject } from "../../../../core/namespace-access.ts";
import { ReefError } from "../../../../core/errors.ts";
import { type Account, accountsMax, type ForceOptions, rulesMax } from "../../index.ts";
import type { Operation } from "../../../store/index.ts";
import { missing } from "./parts.ts";
import { drop, type Kept, put, type Records } from "./records.ts";

export interface AccountsAndRules {
  readonly accounts: readonly Account[];
  readonly rules: readonly Rule[];
}

/** A change, and how it is written down. */
export interface Change {
  readonly after: AccountsAndRules;
  readonly writes: readonly Operation[];
}

/** A change that loses races to others is tried again; so many of them do not come together. */
const attemptsMax = 20;

export class Accounts {
  readonly #records: Records;
  readonly #namespace: string;

  constructor(records: Records, namespace: string) {
    this.#records = records;
    this.#namespace = namespace;
  }

  get prefix(): string {
    return `accounts/${this.#namespace}/`;
  }

  get rulesPrefix(): string {
    return `rules/${this.#namespace}/`;
  }

  get(id: string, signal?: AbortSignal): Promise<Kept<Account> | undefined> {
    return this.#records.get<Account>(`${this.prefix}${id}`, signal);
  }

  /** One that may come in. @throws {ReefError} `not_found`, or `failed_precondition` for one that is disabled */
  async usable(id: string, signal?: AbortSignal): Promise<Account> {
    const { value: account } = (await this.get(id, signal)) ?? missing(id);
    if (!account.disabled) return account;
    throw new ReefError(
      "failed_precondition",
      `Cannot give a token to the account "${id}": it is disabled`,
      { maybeExecuted: false },
    );
  }

  rules(signal?: AbortSignal): Promise<Rule[]> {
    return this.#records.all<Rule>(this.rulesPrefix, signal);
  }

  putAccount(account: Account): Operation {
    return put(`${this.prefix}${account.id}`, account);
  }

  dropAccount(id: string): Operation {
    return drop(`${this.prefix}${id}`);
  }

  putRule(rule: Rule): Operation {
    return put(`${this.rulesPrefix}${rule.id}`, rule);
  }

  dropRule(id: string): Operation {
    return drop(`${this.rulesPrefix}${id}`);
  }

  /**
   * Makes a change that others see whole; `make` gives undefined for nothing to do.
   * @throws {ReefError} `failed_precondition` when no owner would be left; `resource_exhausted` beyond the limits
   */
  async change(
    what: string,
    make: (before: AccountsAndRules) => Change | undefined,
    { force = false, signal }: ForceOptions,
  ): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      // Each attempt begins with what the one before it lost to.
      // oxlint-disable-next-line no-await-in-loop
      const done = await this.#attempt(what, make, { force, signal }).catch((error: unknown) => {
        if (attempt >= attemptsMax || !(error instanceof ReefError) || error.code !== "aborted") {
          throw error;
        }
        return "again" as const;
      });
      if (done !== "again") return done;
    }
  }

  async #attempt(
    what: string,
    make: (before: AccountsAndRules) => Change | undefined,
    { force, signal }: { readonly force: boolean; readonly signal: AbortSignal | undefined },
  ): Promise<boolean> {
    const turn = `turns/${this.#namespace}`;
    const last = await this.#records.get<number>(turn, signal);
    const [accounts, rules] = await Promise.all([
      this.#records.all<Account>(this.prefix, signal),
      this.rules(signal),
    ]);
    const before = { accounts, rules };
    const change = make(before);
    if (!change) return false;
    const { after } = change;
    refuseBeyond("accounts", after.accounts.length, accountsMax);
    refuseBeyond("rules", after.rules.length, rulesMax);
    if (!force && this.#hasOwner(before) && !this.#hasOwner(after)) throw this.#lockedOut(what);
    const next = put(turn, (last?.value ?? 0) + 1, { expectedRevision: last?.revision ?? 0 });
    await this.#records.write([next, ...change.writes], signal);
    return true;
  }

  /** Whether some user may log in and change rules. Nobody can lose what nobody has. */
  #hasOwner({ accounts, rules }: AccountsAndRules): boolean {
    const access = new AccessRules(this.#namespace, rules);
    return accounts.some(({ id, scopes, disabled }) => {
      if (disabled || !id.startsWith("user:")) return false;
      const subject: Subject = { namespace: this.#namespace, scopes };
      return access.decide(subject, { type: "block", name: "auth", endpoint: "putRule" }).allowed;
    });
  }

  #lockedOut(what: string): ReefError {
    return new ReefError(
      "failed_precondition",
      `Cannot ${what}: nobody in the namespace "${this.#namespace}" could change rules then; ` +
        "give another account that right first, or force it",
      { maybeExecuted: false },
    );
  }
}

function refuseBeyond(what: string, count: number, limit: number): void {
  if (count <= limit) return;
  throw new ReefError(
    "resource_exhausted",
    `Cannot add another one: a namespace has at most ${limit} ${what}; delete some first`,
    { maybeExecuted: false },
  );
}
