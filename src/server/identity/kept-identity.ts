/**
 * A file that says who somebody of this machine is: it holds a short-lived access token, and another one long before
 * that has expired. All of them are of one session, which goes on with the file when the platform was killed and is
 * back.
 */
import { readFile, rm } from "node:fs/promises";
import type { Realm } from "../../blocks/auth/index.ts";
import { backoffMs } from "../../core/backoff.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { isRevoked, parseTokenId, type Revocation, type TokenId } from "../../core/identity.ts";
import type { Logger } from "../../core/log.ts";
import { peekToken } from "../../core/peek-token.ts";
import { writeWhole } from "./write-whole.ts";

export interface KeptIdentityOptions {
  readonly file: string;
  readonly account: string;
  readonly realm: Pick<Realm, "issue" | "endSession">;
  /** Scopes of the account, which is made when it is missing. @default it must be there */
  readonly makeWithScopes?: readonly string[] | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Between attempts: an account that is there again, or allowed again, is known within this time. */
const againMsMax = 2_000;

/** Auth may be about to open, as when the store that it stands on has just come back. */
const authWaitMs = 5_000;

/** How often it looks at the wall clock, which jumps when a machine wakes up: soon enough for who waits for a token. */
const lookEveryMs = 15_000;

/** An auth that is away must not hold up the end of a service; its session then ends by itself. */
const endTimeoutMs = 1_000;

/** Disposing it ends the session and removes the file. */
export class KeptIdentity implements AsyncDisposable {
  readonly #options: KeptIdentityOptions;
  readonly #closing = new AbortController();
  #hurry = new AbortController();
  #present: TokenId | undefined;
  /** Of the wall clock: a machine that sleeps must not wake up to tokens that have expired. */
  #renewAtMs = 0;
  /** Attempts in a row. */
  #failures = 0;
  #keeping: Promise<void> = Promise.resolve();

  private constructor(options: KeptIdentityOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the file is there; waits for auth if need be. @throws {ReefError} what auth says of the account; then
   * nothing is kept
   */
  static async open(options: KeptIdentityOptions): Promise<KeptIdentity> {
    const kept = new KeptIdentity(options);
    await kept.#first();
    kept.#keeping = kept.#keep();
    return kept;
  }

  /** The same, but for an account that may have none: then there is no file until it may. */
  static async keep(options: KeptIdentityOptions): Promise<KeptIdentity> {
    const kept = new KeptIdentity(options);
    await kept.#renewed();
    kept.#keeping = kept.#keep();
    return kept;
  }

  /** The same without waiting: while the account may not have it, there is no file. */
  static begin(options: KeptIdentityOptions): KeptIdentity {
    const kept = new KeptIdentity(options);
    kept.#keeping = kept.#keep();
    return kept;
  }

  /** Ends what somebody else has kept who is gone. */
  static async end(options: KeptIdentityOptions): Promise<void> {
    await new KeptIdentity(options)[Symbol.asyncDispose]();
  }

  /** A token that is refused from now on is replaced at once, if the account may still have one. */
  hear(revocation: Revocation): void {
    if (this.#present && isRevoked(this.#present, revocation)) this.#hurry.abort();
  }

  /** No longer kept up to date: the file and its session stay for whoever goes on with them. */
  async leave(): Promise<void> {
    this.#closing.abort();
    await this.#keeping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
    const { file, realm, log, account } = this.#options;
    const session = this.#present?.session ?? (await this.#sessionInFile());
    await rm(file, { force: true });
    if (session === undefined) return;
    try {
      await realm.endSession(session, { signal: AbortSignal.timeout(endTimeoutMs) });
    } catch (error) {
      const { code, message } = ReefError.from(error);
      log.warn("A session was not ended", { account, code, message });
    }
  }

  async #first(): Promise<void> {
    const { clock } = this.#options;
    const endsAtMs = clock.monotonicMs() + authWaitMs;
    for (let failures = 1; ; failures += 1) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- each attempt is another moment
        return await this.#renew();
      } catch (error) {
        const isAway = ReefError.from(error).code === "unavailable";
        if (!isAway || clock.monotonicMs() >= endsAtMs) throw error;
      }
      // oxlint-disable-next-line no-await-in-loop
      await sleep(backoffMs(failures, { maxMs: againMsMax }), { clock });
    }
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one token after the other
      await (this.#failures > 0
        ? this.#wait(backoffMs(this.#failures, { maxMs: againMsMax }))
        : this.#untilDue());
      if (signal.aborted) return;
      this.#hurry = new AbortController();
      // oxlint-disable-next-line no-await-in-loop
      await this.#renewed();
    }
  }

  async #untilDue(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const restMs = this.#renewAtMs - clock.wallMs();
      if (restMs <= 0 || this.#closing.signal.aborted || this.#hurry.signal.aborted) return;
      // oxlint-disable-next-line no-await-in-loop -- see `lookEveryMs`
      await this.#wait(Math.min(restMs, lookEveryMs));
    }
  }

  async #wait(delayMs: number): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, this.#hurry.signal]);
    await sleep(delayMs, { clock: this.#options.clock, signal, background: true }).catch(woken);
  }

  async #renewed(): Promise<void> {
    const { account, file, log } = this.#options;
    try {
      await this.#renew();
      this.#failures = 0;
    } catch (error) {
      const { code, message } = ReefError.from(error);
      const isOver = this.#closing.signal.aborted;
      if (this.#failures === 0 && !isOver)
        log.warn("An identity is not kept", { account, code, message });
      // Auth that is away may be back in time; an account that may have none has none.
      if (lost.has(code)) await rm(file, { force: true });
      this.#failures += 1;
    }
  }

  async #renew(): Promise<void> {
    const { file, account, realm, makeWithScopes } = this.#options;
    const session = this.#present?.session ?? (await this.#sessionInFile());
    const { signal } = this.#closing;
    const options = { session, makeWithScopes, signal };
    const { accessToken, expiresInMs } = await realm.issue(account, options);
    this.#present = tokenIdOf(accessToken);
    // Half of its life is left for an auth that is away just then.
    this.#renewAtMs = this.#options.clock.wallMs() + expiresInMs / 2;
    await writeWhole(file, accessToken);
  }

  async #sessionInFile(): Promise<string | undefined> {
    try {
      // What is not ours has none: then a new session begins.
      return tokenIdOf(await readFile(this.#options.file, "utf8"))?.session;
    } catch {
      // There is no file.
      return undefined;
    }
  }
}

function tokenIdOf(token: string): TokenId | undefined {
  const about = peekToken(token);
  return about && parseTokenId(about.sid);
}

/** The account is not there, or disabled. */
const lost: ReadonlySet<string> = new Set(["not_found", "failed_precondition"]);

/** It is time, or nobody waits for it any more: the loop sees which by itself. */
function woken(): void {}
