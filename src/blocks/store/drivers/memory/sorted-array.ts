/** A list that keeps its order: found by halving, at the cost of moving what is behind when something comes or goes. */

/** `P` is what an item is compared by, which a question has too. */
export class SortedArray<P, T extends P> {
  readonly #items: T[] = [];
  readonly #compare: (a: P, b: P) => number;

  constructor(compare: (a: P, b: P) => number) {
    this.#compare = compare;
  }

  get length(): number {
    return this.#items.length;
  }

  at(index: number): T | undefined {
    return this.#items[index];
  }

  /** Where the first item is that does not come before `probe`. */
  indexOf(probe: P): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const item = this.#items[middle];
      if (item !== undefined && this.#compare(item, probe) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(probe: P): T | undefined {
    const item = this.#items[this.indexOf(probe)];
    return item !== undefined && this.#compare(item, probe) === 0 ? item : undefined;
  }

  /** In the place of an equal one. */
  put(item: T): void {
    const index = this.indexOf(item);
    const present = this.#items[index];
    const replaced = present !== undefined && this.#compare(present, item) === 0 ? 1 : 0;
    this.#items.splice(index, replaced, item);
  }

  delete(item: P): void {
    if (this.find(item) !== undefined) this.#items.splice(this.indexOf(item), 1);
  }
}
