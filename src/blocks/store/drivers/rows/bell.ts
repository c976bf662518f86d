/** Wakes those who wait for a change of one table, and nobody else. */

/** One who listens; disposing it is leaving. */
export interface Listener extends Disposable {
  /** The revision of the first change since this was asked last; undefined when `signal` fires first. */
  next(signal: AbortSignal): Promise<number | undefined>;
}

export class Bell {
  readonly #listeners = new Map<string, Set<TableListener>>();

  /** A change of this table is there to be read. Revisions rise. */
  ring(table: string, revision: number): void {
    for (const listener of this.#listeners.get(table) ?? []) listener.hear(revision);
  }

  /** Nobody has anything to wait for any more: everybody's `next` rejects with this reason. */
  end(reason: unknown): void {
    for (const listeners of this.#listeners.values()) {
      for (const listener of listeners) listener.end(reason);
    }
  }

  /** From this moment on. */
  listen(table: string): Listener {
    const listeners = this.#listeners.get(table) ?? new Set();
    this.#listeners.set(table, listeners);
    const listener = new TableListener(() => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(table) === listeners) {
        this.#listeners.delete(table);
      }
    });
    listeners.add(listener);
    return listener;
  }
}

class TableListener implements Listener {
  readonly #leave: () => void;
  #heard: number | undefined;
  #ended: { readonly reason: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  hear(revision: number): void {
    this.#heard ??= revision;
    this.#wake?.();
  }

  end(reason: unknown): void {
    this.#ended ??= { reason };
    this.#wake?.();
  }

  async next(signal: AbortSignal): Promise<number | undefined> {
    if (this.#heard === undefined && !this.#ended && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      signal.addEventListener("abort", this.#wake, { once: true });
      await promise;
      signal.removeEventListener("abort", this.#wake);
    }
    if (this.#ended) throw this.#ended.reason;
    const heard = this.#heard;
    this.#heard = undefined;
    return signal.aborted ? undefined : heard;
  }

  [Symbol.dispose](): void {
    this.#leave();
  }
}
