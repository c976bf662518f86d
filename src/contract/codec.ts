/** How a message becomes bytes. One codec per format; each is made once per shape and used for every message. */

/** Where an encoder writes: the outgoing buffer of a connection, so that a message is encoded in place. */
export interface Sink {
  /** Appends text as UTF-8. */
  text(value: string): void;
  /** Appends bytes; they are copied. */
  bytes(value: Uint8Array): void;
  /** The memory to write into in place, with room for this many bytes from `at` on; valid until the next call. */
  room(bytes: number): Uint8Array;
  /** Where the next byte goes; whoever writes in place moves it. */
  at: number;
}

export interface Codec {
  /** The word of METHOD frames and content types: `json`. */
  readonly name: string;
  /** Writes exactly the fields of the shape; whatever else the value carries stays here. */
  encode(value: unknown, sink: Sink): void;
  /**
   * Reads `bytes[start, end)`: unknown fields dropped, defaults set. The result shares no memory with `bytes`.
   * It does not validate: a wrong type is passed on for the schema to name.
   * @throws {ReefError} `invalid_argument` when the bytes are not this format, or deeper than `depthMax`
   */
  decode(bytes: Uint8Array, start: number, end: number): unknown;
}
