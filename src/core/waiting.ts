/** Who waits for something to be done: a caller with his signal, or a call that is being handled. */
export interface Waiting {
  readonly signal?: AbortSignal | undefined;
  /**
   * Why nobody waits any more. A call has it and makes its signal only for who reads that, because a signal costs as
   * much as the rest of a call: who can ask at a moment of his own asks this.
   */
  readonly cancelled?: unknown;
}

/** Why nobody waits any more; undefined while somebody does. */
export function reasonToLeave(waiting: Waiting | undefined): unknown {
  if (waiting === undefined) return undefined;
  if ("cancelled" in waiting) return waiting.cancelled;
  const { signal } = waiting;
  return signal?.aborted ? signal.reason : undefined;
}
