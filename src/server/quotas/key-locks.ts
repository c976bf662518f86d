/** Keys of which one writer at a time looks at what is there and changes it; others wait, in their order. */
export class KeyLocks {
  /** The end of the last one that has taken, or waits for, each key. */
  readonly #ends = new Map<string, Promise<void>>();

  /** Resolves when all of these are free. All are asked for at once, so that nobody waits for who waits for him. */
  async take(keys: readonly string[]): Promise<Disposable> {
    const own = Promise.withResolvers<void>();
    const before = keys.map((key) => this.#ends.get(key));
    for (const key of keys) this.#ends.set(key, own.promise);
    await Promise.all(before);
    return {
      [Symbol.dispose]: () => {
        for (const key of keys) if (this.#ends.get(key) === own.promise) this.#ends.delete(key);
        own.resolve();
      },
    };
  }
}
