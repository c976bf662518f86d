/** What remotes of blocks do with their caller's signal. */

/** A cancelled call fails with `cancelled`; whoever fired the signal gets the reason that it gave. */
export function withReason<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
  return signal ? watched(signal, call) : call();
}

async function watched<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/**
 * A stream each iteration of which is a call of its own, made when its first item is asked for, and which ends without
 * an error when `signal` fires. By hand, because a watch is left while it waits: see `core/feed.ts`.
 */
export function untilAborted<T>(
  signal: AbortSignal | undefined,
  call: () => AsyncIterator<T>,
): AsyncIterable<T, undefined> {
  return {
    [Symbol.asyncIterator]() {
      let messages: AsyncIterator<T> | undefined;
      return {
        async next() {
          try {
            messages ??= call();
            const { done, value } = await messages.next();
            return done ? { done, value: undefined } : { done: false, value };
          } catch (error) {
            if (signal?.aborted) return { done: true, value: undefined };
            throw error;
          }
        },
        async return() {
          await messages?.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
