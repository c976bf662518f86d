/** Wakes those who wait for what happens in one place of many, and nobody else. What happens is numbered. */

/** One who listens; disposing it is leaving. */
export interface Listener extends Disposable {
  /** The number of the first thing that happened since this was asked last; undefined when `signal` fires first. */
  next(signal: AbortSignal): Promise<number | undefined>;
}

export class Bell {
  readonly #listeners = new Map<string, Set<PlaceListener>>();

  /** Something is there to be read. Numbers rise. */
  ring(place: string, number: number): void {
    const listeners = this.#listeners.get(place);
    // Nearly always nobody.
    if (listeners) for (const listener of listeners) listener.hear(number);
  }

  /** Nobody has anything to wait for any more: everybody's `next` rejects with this reason. */
  end(reason: unknown): void {
    for (const listeners of this.#listeners.values()) {
      for (const listener of listeners) listener.end(reason);
    }
  }

  /** From this moment on. */
  listen(place: string): Listener {
    const listeners = this.#listeners.get(place) ?? new Set();
    this.#listeners.set(place, listeners);
    const listener = new PlaceListener(() => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(place) === listeners) {
        this.#listeners.delete(place);
      }
    });
    listeners.add(listener);
    return listener;
  }
}

class PlaceListener implements Listener {
  readonly #leave: () => void;
  #heard: number | undefined;
  #ended: { readonly reason: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  hear(number: number): void {
    this.#heard ??= number;
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
