/** What auth says, heard over every break, and for how long what it said before is good. */
import type { Auth } from "../../blocks/auth/index.ts";
import { backoffMs } from "../../core/backoff.ts";
import { type Clock, sleep, type Timer } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { AuthEvent } from "../../core/identity.ts";
import { authAway } from "./refusals.ts";

export interface AuthWatchOptions {
  /** How long what is known is good when auth cannot be reached. */
  readonly awayMaxMs: number;
  /** Between attempts to hear it again, at most. */
  readonly returnMaxMs: number;
  /** What is the matter while it is away, for the text of refusals. */
  readonly whyAway: () => string | undefined;
  readonly clock: Clock;
  /** All is told again: what is not told is not true any more. */
  readonly begin: () => void;
  readonly hear: (event: AuthEvent) => void;
  /** What was known is good no more. */
  readonly distrust: () => void;
}

/** Within which whoever could get no other token while auth was away has got one. */
const renewalMs = 30_000;

export class AuthWatch implements AsyncDisposable {
  readonly #options: AuthWatchOptions;
  readonly #closing = new AbortController();
  readonly #present = Promise.withResolvers<void>();
  readonly #following: Promise<void>;
  /** Of a break of the watch; undefined while it holds. At first nothing is known that could be trusted for a while. */
  #lostAtMs: number | undefined = -Infinity;
  /** The last time that it was away, and when that was over. */
  #back = { awayMs: 0, atMs: -Infinity };
  #trust: Timer | undefined;

  constructor(auth: Pick<Auth, "watch">, options: AuthWatchOptions) {
    this.#options = options;
    this.#following = this.#follow(auth);
  }

  /** Resolves when all was heard for the first time. */
  get present(): Promise<void> {
    return this.#present.promise;
  }

  /** How long time has stood still for tokens. */
  get graceMs(): number {
    if (this.#lostAtMs !== undefined) return this.#awayMs();
    const { awayMs, atMs } = this.#back;
    return this.#options.clock.monotonicMs() - atMs <= renewalMs ? awayMs : 0;
  }

  /** @throws {ReefError} `unavailable` when auth has been away for too long */
  check(): void {
    const { awayMaxMs, whyAway } = this.#options;
    if (this.#lostAtMs !== undefined && this.#awayMs() > awayMaxMs) throw authAway(whyAway());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#trust?.cancel();
    this.#present.resolve();
    await this.#following;
  }

  #awayMs(): number {
    if (this.#lostAtMs === undefined) return 0;
    return this.#options.clock.monotonicMs() - this.#lostAtMs;
  }

  async #follow(auth: Pick<Auth, "watch">): Promise<void> {
    const { clock, returnMaxMs, begin, hear } = this.#options;
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      try {
        begin();
        for await (const event of auth.watch({ signal })) {
          if (event.kind === "complete") this.#found();
          hear(event);
          if (event.kind === "complete") this.#present.resolve();
          failures = 0;
        }
      } catch (error) {
        // It is said to those who ask, when it lasts.
        if (!(error instanceof ReefError)) throw error;
      }
      this.#lose();
      failures += 1;
      const delayMs = backoffMs(failures, { maxMs: returnMaxMs });
      await sleep(delayMs, { clock, signal, background: true }).catch(stopped);
    }
  }

  #found(): void {
    if (this.#lostAtMs !== undefined && this.#lostAtMs !== -Infinity) {
      this.#back = { awayMs: this.#awayMs(), atMs: this.#options.clock.monotonicMs() };
    }
    this.#lostAtMs = undefined;
    this.#trust?.cancel();
  }

  #lose(): void {
    if (this.#lostAtMs !== undefined) return;
    const { clock, awayMaxMs, distrust } = this.#options;
    this.#lostAtMs = clock.monotonicMs();
    // Those who remember decisions themselves must ask again when nothing is known any more.
    this.#trust = clock.after(awayMaxMs + 1, distrust, { background: true });
  }
}

/** The sleep was ended because the following is: the loop sees it by itself. */
function stopped(): void {}
