/** The place of one connection: makes it when it is needed, and again when it is lost, for all who wait together. */
import { backoffMs } from "../../core/backoff.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { Link, type LinkOptions } from "./link.ts";

/** Between two attempts: short, because what waits for a server that is back has waited long enough. */
const backoff = { baseMs: 20, maxMs: 200 } as const;

export class Slot {
  readonly #options: LinkOptions;
  readonly #clock: Clock;
  #opening: Promise<Link> | undefined;
  #link: Link | undefined;
  #failures = 0;
  #closed = false;
  /** How many use it just now. */
  load = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** Whether using it needs no new connection. */
  get warm(): boolean {
    return this.#link !== undefined && !this.#link.closed;
  }

  /** @throws what the library throws when this attempt fails; the next one waits a little */
  async link(): Promise<Link> {
    if (this.#closed) throw closedError();
    if (this.#link && !this.#link.closed) return this.#link;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  close(): void {
    this.#closed = true;
    this.#link?.close();
  }

  async #open(): Promise<Link> {
    if (this.#failures > 0) {
      await sleep(backoffMs(this.#failures, backoff), { clock: this.#clock });
    }
    try {
      const link = await Link.open(this.#options);
      this.#failures = 0;
      this.#link = link;
      // Nobody is left who would close it.
      if (this.#closed) link.close();
      return link;
    } catch (error) {
      this.#failures += 1;
      throw error;
    }
  }
}

function closedError(): ReefError {
  const text = "Cannot use PostgreSQL: it was closed here; open it again";
  return new ReefError("unavailable", text, { maybeExecuted: false });
}
