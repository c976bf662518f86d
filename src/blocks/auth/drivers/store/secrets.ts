/**
 * Secrets: made, kept as a hash, and compared in the same time whether they are right or wrong.
 *
 * Argon2id with 19 MiB and two passes is what OWASP's password storage sheet names first. A hash takes about 40 ms of a
 * thread, so only a few are made at once: whoever knocks a thousand times waits, and the platform does not.
 */
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { ReefError } from "../../../../core/errors.ts";

/** How a secret is kept; the parameters are with it, so that later ones may be others. */
export interface SecretHash extends HashCost {
  readonly salt: string;
  readonly hash: string;
}

/** What a guess costs. */
export interface HashCost {
  readonly memoryKib: number;
  readonly passes: number;
}

export const hashCostDefault: HashCost = { memoryKib: 19_456, passes: 2 };
const saltBytes = 16;
const noSalt = Buffer.alloc(saltBytes).toString("base64url");
const hashBytes = 32;

/**
 * Two cores' worth; more would take the threads that files are read with. One is left for calls: strangers may keep
 * these busy for as long as they like.
 */
const hashesAtOnceMax = Math.max(1, Math.min(2, availableParallelism() - 1));
/** Who comes behind these is told to come later; as many of either kind. */
const waitingMax = 64;

/** Who wants a secret looked at. */
export interface Knocking {
  /** It is about somebody who has logged in before: those come first. */
  readonly isKnown: boolean;
  readonly signal?: AbortSignal | undefined;
}

const derive = promisify(argon2);

/** 128 bits in letters that survive a shell, a URL and being read aloud. */
export function randomSecret(): string {
  return randomBytes(16).toString("base64url");
}

export function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export class SecretHashes {
  readonly #cost: HashCost;
  /**
   * Those who have proved themselves before go first: strangers come in any number, under names that they make up, and
   * must not keep out who belongs here. Of a name that is known only a few wrong ones are looked at (`LoginLimit`).
   */
  readonly #known: (() => void)[] = [];
  readonly #strangers: (() => void)[] = [];
  #running = 0;

  constructor(cost: HashCost) {
    this.#cost = cost;
  }

  /** @throws {ReefError} `resource_exhausted` when too many wait */
  async of(secret: string): Promise<SecretHash> {
    const salt = randomBytes(saltBytes).toString("base64url");
    const parameters = { salt, ...this.#cost };
    return { ...parameters, hash: await this.#derive(secret, parameters, { isKnown: true }) };
  }

  /**
   * Whether it is the secret. Without a hash to compare with it takes as long: nobody learns which accounts there are.
   * @throws {ReefError} `resource_exhausted` when too many wait; the reason of `signal`, when its turn comes after that
   */
  async fits(
    secret: string,
    kept: SecretHash | undefined,
    from: Knocking = { isKnown: false },
  ): Promise<boolean> {
    const { salt, memoryKib, passes } = kept ?? { salt: noSalt, ...this.#cost };
    const hash = await this.#derive(secret, { salt, memoryKib, passes }, from);
    return kept !== undefined && isSame(hash, kept.hash);
  }

  async #derive(
    secret: string,
    { salt, memoryKib, passes }: Omit<SecretHash, "hash">,
    { signal, isKnown }: Knocking,
  ) {
    await this.#turn(isKnown ? this.#known : this.#strangers);
    try {
      // Nobody waits for it any more: those behind it need not wait either.
      signal?.throwIfAborted();
      const hash = await derive("argon2id", {
        message: secret,
        nonce: Buffer.from(salt, "base64url"),
        parallelism: 1,
        tagLength: hashBytes,
        memory: memoryKib,
        passes,
      });
      return Buffer.from(hash).toString("base64url");
    } finally {
      this.#running -= 1;
      (this.#known.shift() ?? this.#strangers.shift())?.();
    }
  }

  async #turn(waiting: (() => void)[]): Promise<void> {
    if (waiting.length >= waitingMax) {
      throw new ReefError(
        "resource_exhausted",
        `Cannot check the secret: ${waitingMax} others wait for the same; try again in a few seconds`,
        { maybeExecuted: false },
      );
    }
    if (this.#running >= hashesAtOnceMax) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    this.#running += 1;
  }
}
