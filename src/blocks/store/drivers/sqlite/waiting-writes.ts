/** Those who wait to be written: no more than there is room for, taken from the front in groups. */
import { ReefError } from "../../../../core/errors.ts";
import { reasonToLeave, type Waiting } from "../../../../core/waiting.ts";
import type { Write } from "../../contract.ts";
import type { Written } from "../rows/create-store.ts";
import { sizeOf } from "../rows/keys.ts";
import type { Asked } from "./group.ts";

/** What one who waits is told by. */
type Settle = Pick<PromiseWithResolvers<Written>, "resolve" | "reject">;

/**
 * One who waits. A class, because of literals V8 counts how many outlive its small collections of garbage: while these
 * are very small, at the start, that is all who wait for the disk. Later ones would be put where only the large
 * collections look, and everything that they lead to with them, up to the call that is answered.
 */
export class WaitingWrite implements Asked {
  readonly place: string;
  readonly writes: readonly Write[];
  readonly expired: boolean | undefined;
  readonly bytes: number;
  readonly waiting: Waiting | undefined;
  readonly resolve: (written: Written) => void;
  readonly reject: (reason: unknown) => void;

  constructor(asked: Asked, bytes: number, waiting: Waiting | undefined, settle: Settle) {
    this.place = asked.place;
    this.writes = asked.writes;
    this.expired = asked.expired;
    this.bytes = bytes;
    this.waiting = waiting;
    this.resolve = settle.resolve;
    this.reject = settle.reject;
  }
}

/** A thousand callers with ten writes each; more do not write faster. */
const waitingMax = 10_000;
/** Bytes that wait: a disk that is slow must not cost this process its memory. */
const waitingBytesMax = 67_108_864;

/** Writes in one commit: the last one waits for all of it. */
const groupWritesMax = 1_000;
/** Bytes in one commit; a single write may have as many. */
const groupBytesMax = 2_097_152;

export class WaitingWrites {
  #waiting: WaitingWrite[] = [];
  #bytes = 0;

  get length(): number {
    return this.#waiting.length;
  }

  /** Whoever leaves while it waits takes it back. @throws {ReefError} `resource_exhausted` */
  add(asked: Asked, waiting: Waiting | undefined): Promise<Written> {
    let bytes = 0;
    for (const write of asked.writes) bytes += sizeOf(write);
    if (this.#waiting.length >= waitingMax || this.#bytes + bytes > waitingBytesMax) {
      throw tooMany(this.#waiting.length, this.#bytes);
    }
    this.#bytes += bytes;
    const settle = Promise.withResolvers<Written>();
    this.#waiting.push(new WaitingWrite(asked, bytes, waiting, settle));
    return settle.promise;
  }

  /** Those whose callers still want it. */
  nextGroup(): WaitingWrite[] {
    const group: WaitingWrite[] = [];
    let [taken, writes, bytes] = [0, 0, 0];
    for (const each of this.#waiting) {
      writes += each.writes.length;
      bytes += each.bytes;
      if (taken > 0 && (writes > groupWritesMax || bytes > groupBytesMax)) break;
      taken += 1;
      this.#bytes -= each.bytes;
      const reason = reasonToLeave(each.waiting);
      if (reason === undefined) group.push(each);
      else each.reject(reason);
    }
    this.#waiting = this.#waiting.slice(taken);
    return group;
  }

  /** In front of all others: they are in no group after all. */
  giveBack(group: readonly WaitingWrite[]): void {
    for (const { bytes } of group) this.#bytes += bytes;
    this.#waiting = [...group, ...this.#waiting];
  }
}

function tooMany(waiting: number, bytes: number): ReefError {
  const text =
    `Cannot write to the store: ${waiting} writes of ${bytes} bytes wait already, the limits are ${waitingMax} and ` +
    `${waitingBytesMax}; try again later`;
  return new ReefError("resource_exhausted", text, { maybeExecuted: false });
}
