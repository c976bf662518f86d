/** A message type at run time: the schema's shape with everything derived from it that a call needs. */
import type { Codec } from "./codec.ts";
import type { ObjectShape } from "./shape.ts";

/** `Sent` is what the sender writes (defaults may be left out), `Seen` what the reader gets. */
export interface Message<Sent = unknown, Seen = unknown> {
  readonly shape: ObjectShape;
  readonly json: Codec;
  /** Undefined when something in the shape has no number. */
  readonly protobuf: Codec | undefined;
  /** A deep copy of exactly the fields of the shape, defaults set: what the wire would have delivered. */
  copy(value: Sent): Seen;
  /**
   * The schema's own validation, once per message, on the server. Synchronous where the schema is.
   * @throws {ReefError} `invalid_argument` with `violations`
   */
  validate(value: unknown): Seen | Promise<Seen>;
}
