/**
 * Makes an error that does not know where it was made. Looking for that takes three times as long as all the rest, and
 * strangers can cause thousands of refusals a second, each of which says by itself what it is about.
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
