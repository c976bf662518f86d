/**
 * Those who read one entry each at the same time share a question: asking costs the same for one as for a hundred.
 * Nobody waits for others: whoever comes when nothing is under way is asked for at once, and the others with those who
 * come in the same turn of the event loop.
 */
import type { Entry } from "../../index.ts";
import type { Place } from "../rows/keys.ts";

/** One entry that is asked for. */
export interface Sought {
  readonly place: Place;
  readonly key: Uint8Array;
}

/** Finds them, in the order of the questions; undefined for what is not there. */
export type ReadGroup = (sought: readonly Sought[]) => Promise<readonly (Entry | undefined)[]>;

/** Entries in one question: of the largest values, they are as much as a connection may well carry at once. */
const groupMax = 64;

interface WaitingRead extends Sought {
  readonly resolve: (entry: Entry | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

export class GroupReader {
  readonly #read: ReadGroup;
  #waiting: WaitingRead[] = [];
  #underWay = 0;

  constructor(read: ReadGroup) {
    this.#read = read;
  }

  /** `signal` ends the waiting; the others still have their answer. */
  async get(sought: Sought, signal?: AbortSignal): Promise<Entry | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Entry | undefined>();
    const leave = () => reject(signal?.reason);
    signal?.addEventListener("abort", leave, { once: true });
    this.#waiting.push({ ...sought, resolve, reject });
    if (this.#waiting.length === 1 && this.#underWay > 0) setImmediate(() => this.#ask());
    if (this.#underWay === 0 || this.#waiting.length === groupMax) this.#ask();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  #ask(): void {
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length > 0) void this.#answer(group);
  }

  /** Never fails. */
  async #answer(group: readonly WaitingRead[]): Promise<void> {
    this.#underWay += 1;
    try {
      const entries = await this.#read(group);
      for (const [index, { resolve }] of group.entries()) resolve(entries[index]);
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      this.#underWay -= 1;
    }
  }
}
