/** Typed events out of a component: data, not log lines. The logger, the CLI and tests are listeners like any other. */

export type Listener<E> = (event: E) => void;

/** What a component shows of its events: the right to listen, not the right to emit. */
export interface Events<E> {
  /** Calls `listener` for each event from now on; the result ends that. */
  on(listener: Listener<E>): () => void;
}

export class EventSource<E> implements Events<E> {
  readonly #listeners = new Set<Listener<E>>();

  on(listener: Listener<E>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells every listener, in the order in which they came. A listener that throws is a bug and fails loudly. */
  emit(event: E): void {
    for (const listener of this.#listeners) listener(event);
  }
}
