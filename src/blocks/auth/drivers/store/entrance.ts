/** How accounts come in: by a secret, by a refresh token, by a token of a program; and how they are put out. */
import { ReefError } from "../../../../core/errors.ts";
import { parseAccountId, parseApiToken } from "../../contract.ts";
import {
  type Account,
  type ApiTokenOptions,
  loginMs,
  type Page,
  pageItems,
  type PageOptions,
  type Session,
  type Tokens,
  type WaitOptions,
} from "../../index.ts";
import type { Accounts } from "./accounts.ts";
import { type Parts, secretPath } from "./parts.ts";
import { revoke } from "./revocations.ts";
import type { SecretHash } from "./secrets.ts";
import { accessToken, beginSession, endOf, tokensOf, writesOf } from "./tokens-of.ts";
import { cannotLogOut, cannotRefresh, type SessionRecord } from "./sessions.ts";

/** Of logins under names that nobody has, one is noted in this time: that somebody guesses is to be seen. */
const strangerNotedEveryMs = 60_000;

/** Whoever it was: a name that nobody has may be a secret that was typed in the wrong place. */
const nobody = "user:nobody";

export class Entrance {
  readonly #parts: Parts;
  readonly #accounts: Accounts;
  #strangerNotedMs = -Infinity;

  constructor(parts: Parts, accounts: Accounts) {
    this.#parts = parts;
    this.#accounts = accounts;
  }

  async login(given: string, secret: string, { signal }: WaitOptions = {}): Promise<Tokens> {
    const { hashes, limit, namespace, records, sessions } = this.#parts;
    // What cannot be an account is counted as one, so that nobody fills a list with long names.
    const id = isAccountId(given) ? given : nobody;
    const name = `${namespace}/${id}`;
    using _ = limit.begin(name);
    const account = await this.#accounts.get(id, signal);
    const hash = await records.get<SecretHash>(secretPath(namespace, id), signal);
    // First the hash, whatever the account is: the time that it takes tells nothing.
    const isKnown = limit.hasSucceeded(name) || (await sessions.ofAccount(id, signal)).length > 0;
    const fits = await hashes.fits(secret, hash?.value, { isKnown, signal });
    if (!fits || !account || account.value.disabled) {
      limit.failed(name);
      await this.#noteRefused(id, account !== undefined, signal);
      throw new ReefError(
        "unauthenticated",
        "Cannot log in: there is no such account, or this is not its secret",
        { maybeExecuted: false },
      );
    }
    limit.succeeded(name);
    return beginSession(this.#parts, account.value, { event: "login", signal });
  }

  async refresh(refreshToken: string, { signal }: WaitOptions = {}): Promise<Tokens> {
    const { sessions, records, nowMs } = this.#parts;
    const next = await sessions.next(refreshToken, nowMs(), signal).catch(lostRace);
    if (!next) throw cannotRefresh();
    if ("reused" in next) {
      const { reused } = next;
      await records.write(
        [
          sessions.drop(reused),
          revoke(reused, nowMs()),
          this.#parts.note("refresh reused", reused.account),
        ],
        signal,
      );
      throw cannotRefresh();
    }
    const account = await this.#accounts.get(next.record.account, signal);
    if (!account || account.value.disabled) throw cannotRefresh();
    return tokensOf(this.#parts, account.value, next);
  }

  async logout(refreshToken: string, { signal }: WaitOptions = {}): Promise<void> {
    const { sessions, records, nowMs } = this.#parts;
    const claimed = sessions.claimOf(refreshToken);
    if (!claimed) throw cannotLogOut();
    const kept = await sessions.kept(claimed, signal);
    if (!kept) return;
    const end = [sessions.drop(kept.value), revoke(kept.value, nowMs())];
    await records.write([...end, this.#parts.note("logout", kept.value.account)], signal);
  }

  async createToken(
    given: string,
    options: ApiTokenOptions = {},
  ): Promise<{ session: string; token: string }> {
    const { signal, ...asked } = options;
    const {
      id,
      scopes,
      lifetimeMs = loginMs,
      audience,
      note = "",
    } = parseApiToken({
      ...asked,
      id: given,
    });
    const account = await this.#accounts.usable(id, signal);
    const missingScope = scopes?.find((scope) => !account.scopes.includes(scope));
    if (missingScope !== undefined) throw beyond(account, missingScope);
    const createdMs = this.#parts.nowMs();
    const expiresMs = createdMs + lifetimeMs;
    const key = await this.#parts.keys.currentUntil(expiresMs, signal);
    const begun = await this.#parts.sessions.begin(
      { account: id, kind: "token", note, createdMs, expiresMs },
      signal,
    );
    const { record } = begun;
    const writes = [...writesOf(this.#parts, begun), this.#parts.note("token created", id)];
    await this.#parts.records.write(writes, signal);
    const limited = { ...account, scopes: scopes ?? account.scopes };
    const token = await accessToken(this.#parts, limited, { ...record, expiresMs, audience, key });
    return { session: record.id, token };
  }

  async sessions({ cursor, signal }: PageOptions = {}): Promise<Page<Session>> {
    const { prefix } = this.#parts.sessions;
    const page = await this.#parts.records.page<SessionRecord>({
      prefix,
      limit: pageItems,
      cursor,
      signal,
    });
    return { ...page, items: page.items.map(withoutHash) };
  }

  async endSession(id: string, { signal }: WaitOptions = {}): Promise<boolean> {
    const { sessions, records, nowMs } = this.#parts;
    const found = await sessions.find(id, signal);
    if (!found) return false;
    const end = [sessions.drop(found.value), revoke(found.value, nowMs())];
    const note = this.#parts.note(endOf(found.value), found.value.account);
    await records.write([...end, note], signal);
    return true;
  }

  /** Anybody may make up names: what is written down of them must not fill a disk. */
  async #noteRefused(id: string, isKnown: boolean, signal: AbortSignal | undefined): Promise<void> {
    const nowMs = this.#parts.nowMs();
    if (!isKnown && nowMs - this.#strangerNotedMs < strangerNotedEveryMs) return;
    if (!isKnown) this.#strangerNotedMs = nowMs;
    const subject = isKnown ? id : nobody;
    await this.#parts.records.write([this.#parts.note("login refused", subject)], signal);
  }
}

function isAccountId(given: string): boolean {
  try {
    return parseAccountId({ id: given }).id === given;
  } catch (error) {
    if (error instanceof ReefError && error.code === "invalid_argument") return false;
    throw error;
  }
}

/** Two who refresh at the same moment: the second one comes with what has been used. */
function lostRace(error: unknown): undefined {
  if (error instanceof ReefError && error.code === "aborted") return undefined;
  throw error;
}

function withoutHash({ id, account, kind, note, createdMs, expiresMs }: SessionRecord): Session {
  return { id, account, kind, note, createdMs, expiresMs };
}

function beyond({ id, scopes }: Account, scope: string): ReefError {
  const has = scopes.length > 0 ? `it has ${scopes.join(", ")}` : "it has none";
  return new ReefError(
    "invalid_argument",
    `Cannot make this token: the account "${id}" does not have the scope "${scope}" itself, ${has}; "reef auth change ${id} --scope" gives it others`,
    { maybeExecuted: false },
  );
}
