import type { Message } from "./message.ts";

/**
 * A message that somebody gives in this process, as the wire would have delivered it. For schemas of our own, which are
 * synchronous.
 * @throws {ReefError} `invalid_argument` with `violations`
 */
export function parseMessage<Sent, Seen>(
  { validate, copy }: Message<Sent, Seen>,
  given: Sent,
): Seen {
  void validate(given);
  return copy(given);
}
