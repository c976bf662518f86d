/** What remotes of blocks do with their caller's signal. */

/** A cancelled call fails with `cancelled`; whoever fired the signal gets the reason that it gave. */
export async function withReason<T>(
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
