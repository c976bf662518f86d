/** How much of the history watches may go on from: the last writes, within the limits of the store. */
import type { Limits } from "../rows/limits.ts";

/** As much of a group as it counts for. */
interface GroupSize {
  /** Of its last write. */
  readonly last: number;
  /** Of keys and values. */
  readonly bytes: number;
}

export class KeptGroups {
  readonly #limits: Limits;
  readonly #groups: GroupSize[] = [];
  #bytes = 0;
  #forgotten: number;

  /** `groups` are all that end behind `forgotten`. */
  constructor(limits: Limits, groups: readonly GroupSize[], forgotten: number) {
    this.#limits = limits;
    this.#forgotten = forgotten;
    for (const group of groups) this.add(group);
  }

  /** The last write that is not kept any more. */
  get forgotten(): number {
    return this.#forgotten;
  }

  add(group: GroupSize): void {
    const { historyMax, historyBytesMax } = this.#limits;
    this.#groups.push(group);
    this.#bytes += group.bytes;
    this.#forgotten = Math.max(this.#forgotten, group.last - historyMax);
    for (let oldest = this.#groups[0]; oldest; oldest = this.#groups[0]) {
      if (this.#bytes <= historyBytesMax && oldest.last > this.#forgotten) break;
      this.#groups.shift();
      this.#bytes -= oldest.bytes;
      this.#forgotten = Math.max(this.#forgotten, oldest.last);
    }
  }
}
