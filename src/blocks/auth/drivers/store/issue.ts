/**
 * Tokens for accounts that show no secret, because who asks for them may: those of services, and of the machine's
 * owner.
 */
import { ReefError } from "../../../../core/errors.ts";
import { parseIssue } from "../../contract.ts";
import type { Account, IssueOptions, Tokens } from "../../index.ts";
import type { AccountChanges } from "./account-changes.ts";
import type { Accounts } from "./accounts.ts";
import type { Parts } from "./parts.ts";
import { beginSession, tokensOf } from "./tokens-of.ts";

export class Issue {
  readonly #parts: Parts;
  readonly #accounts: Accounts;
  readonly #changes: AccountChanges;

  constructor(parts: Parts, accounts: Accounts, changes: AccountChanges) {
    this.#parts = parts;
    this.#accounts = accounts;
    this.#changes = changes;
  }

  async issue(given: string, { signal, ...asked }: IssueOptions = {}): Promise<Tokens> {
    const { id, session, makeWithScopes } = parseIssue({
      id: given,
      ...asked,
      makeWithScopes: asked.makeWithScopes && [...asked.makeWithScopes],
    });
    const account = await this.#account(id, makeWithScopes, signal);
    const { sessions, nowMs } = this.#parts;
    const further =
      session !== undefined &&
      (await sessions.again({ id: session, account: id }, nowMs(), signal));
    // One that goes on is no event: it does so every few minutes, for as long as its service runs.
    if (further) return tokensOf(this.#parts, account, further);
    return beginSession(this.#parts, account, { event: "issue", signal });
  }

  async #account(
    id: string,
    scopes: readonly string[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Account> {
    if (scopes && !(await this.#accounts.get(id, signal))) {
      try {
        return await this.#changes.createWithoutSecret({ id, scopes }, { signal });
      } catch (error) {
        // Somebody else was first, and has made it as he wanted it.
        if (ReefError.from(error).code !== "already_exists") throw error;
      }
    }
    return this.#accounts.usable(id, signal);
  }
}
