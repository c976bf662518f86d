/** Accounts made, changed and deleted; each change ends at once what its account could still do. */
import type { Operation } from "../../../store/index.ts";
import { ReefError } from "../../../../core/errors.ts";
import { parseAccountChange, parseAccountId, parseNewAccount } from "../../contract.ts";
import {
  type Account,
  type AccountChange,
  type ForceOptions,
  type NewAccount,
  type Page,
  pageItems,
  type PageOptions,
  type WaitOptions,
} from "../../index.ts";
import type { Accounts } from "./accounts.ts";
import { missing, type Parts, secretPath } from "./parts.ts";
import { drop, put } from "./records.ts";
import { revoke, revokePresent } from "./revocations.ts";
import { randomSecret } from "./secrets.ts";

export class AccountChanges {
  readonly #parts: Parts;
  readonly #accounts: Accounts;

  constructor(parts: Parts, accounts: Accounts) {
    this.#parts = parts;
    this.#accounts = accounts;
  }

  async createAccount(
    given: NewAccount,
    { signal }: WaitOptions = {},
  ): Promise<{ account: Account; secret: string }> {
    const { id, scopes, secret = randomSecret() } = parseNewAccount(given);
    const hash = await this.#parts.hashes.of(secret);
    const writes = [put(secretPath(this.#parts.namespace, id), hash)];
    return { account: await this.#create({ id, scopes }, writes, signal), secret };
  }

  /** One that cannot log in: its tokens are given to it. @throws {ReefError} `already_exists` */
  createWithoutSecret(
    given: Pick<NewAccount, "id" | "scopes">,
    { signal }: WaitOptions = {},
  ): Promise<Account> {
    const { id, scopes } = parseNewAccount(given);
    return this.#create({ id, scopes }, [], signal);
  }

  async #create(
    { id, scopes }: Pick<Account, "id" | "scopes">,
    writes: readonly Operation[],
    signal: AbortSignal | undefined,
  ): Promise<Account> {
    const createdMs = this.#parts.nowMs();
    const account: Account = { id, scopes: sorted(scopes), disabled: false, createdMs };
    await this.#accounts.change(
      `create the account "${id}"`,
      ({ accounts, rules }) => {
        if (accounts.some((each) => each.id === id)) throw alreadyThere(id);
        return {
          after: { accounts: [...accounts, account], rules },
          writes: [
            this.#accounts.putAccount(account),
            ...writes,
            this.#parts.note("account created", id),
          ],
        };
      },
      { signal },
    );
    return account;
  }

  async account(given: string, { signal }: WaitOptions = {}): Promise<Account | undefined> {
    const { id } = parseAccountId({ id: given });
    return (await this.#accounts.get(id, signal))?.value;
  }

  accounts({ cursor, signal }: PageOptions = {}): Promise<Page<Account>> {
    const { prefix } = this.#accounts;
    return this.#parts.records.page<Account>({ prefix, limit: pageItems, cursor, signal });
  }

  async changeAccount(
    given: string,
    change: AccountChange,
    { force, signal }: ForceOptions = {},
  ): Promise<Account> {
    const { id, scopes, disabled } = parseAccountChange({ ...change, id: given });
    const ended = await this.#tokensOf(id, { andRefresh: disabled === true, signal });
    let changed: Account | undefined;
    await this.#accounts.change(
      `change the account "${id}"`,
      ({ accounts, rules }) => {
        const before = accounts.find((each) => each.id === id) ?? missing(id);
        const after: Account = {
          ...before,
          ...(scopes && { scopes: sorted(scopes) }),
          ...(disabled !== undefined && { disabled }),
        };
        changed = after;
        return {
          after: { accounts: replaced(accounts, after), rules },
          writes: [
            this.#accounts.putAccount(after),
            ...ended,
            this.#parts.note("account changed", id),
          ],
        };
      },
      { force, signal },
    );
    return changed ?? missing(id);
  }

  async renewSecret(
    given: string,
    { secret = randomSecret(), signal }: WaitOptions & { readonly secret?: string } = {},
  ): Promise<string> {
    const { id } = parseNewAccount({ id: given, secret });
    const account = (await this.#accounts.get(id, signal)) ?? missing(id);
    const hash = await this.#parts.hashes.of(secret);
    await this.#parts.records.write(
      [
        // As a condition: it may have been deleted meanwhile.
        { ...this.#accounts.putAccount(account.value), expectedRevision: account.revision },
        put(secretPath(this.#parts.namespace, id), hash),
        ...(await this.#tokensOf(id, { andRefresh: true, signal })),
        this.#parts.note("secret renewed", id),
      ],
      signal,
    );
    return secret;
  }

  async deleteAccount(given: string, { force, signal }: ForceOptions = {}): Promise<boolean> {
    const { id } = parseAccountId({ id: given });
    const ended = await this.#tokensOf(id, { andRefresh: true, signal });
    return this.#accounts.change(
      `delete the account "${id}"`,
      ({ accounts, rules }) => {
        if (!accounts.some((each) => each.id === id)) return undefined;
        return {
          after: { accounts: accounts.filter((each) => each.id !== id), rules },
          writes: [
            this.#accounts.dropAccount(id),
            drop(secretPath(this.#parts.namespace, id)),
            ...ended,
            this.#parts.note("account deleted", id),
          ],
        };
      },
      { force, signal },
    );
  }

  /** What ends the tokens that an account has: those that are checked without asking, or all of them. */
  async #tokensOf(
    id: string,
    {
      andRefresh,
      signal,
    }: { readonly andRefresh: boolean; readonly signal: AbortSignal | undefined },
  ): Promise<Operation[]> {
    const { sessions, nowMs } = this.#parts;
    const now = nowMs();
    return (await sessions.ofAccount(id, signal)).flatMap((session) =>
      andRefresh
        ? [sessions.drop(session), revoke(session, now)]
        : // An API token says for all of its life what the account was when it was made.
          [session.kind === "token" ? revoke(session, now) : revokePresent(session, now)],
    );
  }
}

function sorted(scopes: readonly string[]): string[] {
  return [...new Set(scopes)].toSorted();
}

function replaced(accounts: readonly Account[], account: Account): Account[] {
  return accounts.map((each) => (each.id === account.id ? account : each));
}

function alreadyThere(id: string): ReefError {
  const text = `Cannot create the account "${id}": it is there already; "reef auth renew ${id}" gives it another secret`;
  return new ReefError("already_exists", text, { maybeExecuted: false });
}
