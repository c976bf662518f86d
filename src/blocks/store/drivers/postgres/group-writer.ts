/**
 * Those who write while a transaction is under way share the next one: locking, asking and committing costs the same
 * for one as for hundreds. Each is answered for itself, and nobody waits longer than a call may take.
 */
import type { Clock, Timer } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Written } from "../rows/create-store.ts";
import { sizeOf } from "../rows/keys.ts";
import type { Asked, Outcome } from "./decide-writes.ts";

/** Does those that it takes, from the front on and at least one, in one transaction. */
export type WriteGroup = (asked: readonly Asked[]) => Promise<readonly Outcome[]>;

export interface GroupWriterOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Operations in one transaction: more, and those who wait for the lock wait noticeably long. */
const groupOperationsMax = 2_000;

/** Bytes in one transaction: about two of the largest batches. */
const groupBytesMax = 4_194_304;

/** Bytes that may wait: a server that is away must not cost this process its memory. */
const waitingBytesMax = 67_108_864;

interface WaitingWrite extends Asked {
  readonly bytes: number;
  readonly resolve: (written: Written) => void;
  readonly reject: (reason: unknown) => void;
}

export class GroupWriter {
  readonly #write: WriteGroup;
  readonly #options: GroupWriterOptions;
  #waiting: WaitingWrite[] = [];
  #waitingBytes = 0;
  #running = false;
  /** Those that are in a transaction. */
  #sent: ReadonlySet<WaitingWrite> = new Set();

  constructor(write: WriteGroup, options: GroupWriterOptions) {
    this.#write = write;
    this.#options = options;
  }

  /** `signal` ends the waiting; what is in a transaction by then may still be done. */
  async write(asked: Asked, signal?: AbortSignal): Promise<Written> {
    const bytes = asked.writes.reduce((sum, each) => sum + sizeOf(each), 0);
    if (this.#waitingBytes + bytes > waitingBytesMax) throw tooMany();
    const { promise, resolve, reject } = Promise.withResolvers<Written>();
    const waiting = { ...asked, bytes, resolve, reject };
    const leave = () => this.#leave(waiting, signal?.reason);
    signal?.addEventListener("abort", leave, { once: true });
    const { clock, timeoutMs } = this.#options;
    const timer: Timer = clock.after(timeoutMs, () => {
      this.#leave(waiting, tooLate(this.#sent.has(waiting)));
    });
    this.#waiting.push(waiting);
    this.#waitingBytes += bytes;
    if (!this.#running) void this.#run();
    try {
      return await promise;
    } finally {
      timer.cancel();
      signal?.removeEventListener("abort", leave);
    }
  }

  /** One transaction after the other, as long as somebody waits. Never fails. */
  async #run(): Promise<void> {
    this.#running = true;
    // Whoever asks in the same turn comes along.
    await undefined;
    while (this.#waiting.length > 0) {
      const group = this.#next();
      this.#sent = new Set(group);
      // One after the other, because each of them locks the same row.
      // oxlint-disable-next-line no-await-in-loop
      const done = await this.#write(group).catch((refused: unknown) => {
        return group.map((): Outcome => ({ refused }));
      });
      for (const [index, waiting] of group.entries()) {
        const outcome = done[index];
        // It was not taken; nothing of it is done.
        if (outcome === undefined) break;
        this.#remove(waiting);
        if ("written" in outcome) waiting.resolve(outcome.written);
        else waiting.reject(outcome.refused);
      }
    }
    this.#sent = new Set();
    this.#running = false;
  }

  #next(): WaitingWrite[] {
    let operations = 0;
    let bytes = 0;
    const over = this.#waiting.findIndex((each) => {
      operations += each.writes.length;
      bytes += each.bytes;
      return operations > groupOperationsMax || bytes > groupBytesMax;
    });
    return this.#waiting.slice(0, over === -1 ? undefined : Math.max(1, over));
  }

  #leave(waiting: WaitingWrite, reason: unknown): void {
    if (!this.#sent.has(waiting)) this.#remove(waiting);
    waiting.reject(reason);
  }

  #remove(waiting: WaitingWrite): void {
    const index = this.#waiting.indexOf(waiting);
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    this.#waitingBytes -= waiting.bytes;
  }
}

function tooLate(maybeExecuted: boolean): ReefError {
  const text = "Cannot write: the store's server does not answer in time; see that it runs";
  return new ReefError("unavailable", text, { maybeExecuted });
}

function tooMany(): ReefError {
  const text =
    `Cannot write: ${waitingBytesMax} bytes wait for the store's server already; ` +
    "try again when it has caught up";
  return new ReefError("resource_exhausted", text, { maybeExecuted: false });
}
