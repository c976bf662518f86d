/** What a program that is called over HTTP may take of its callers. Each limit has a name and the reason for it. */

export interface HttpLimits {
  /** One message, each way, as on the native wire. @default 4_194_304 */
  readonly messageBytes: number;
  /** An error with its data; a longer one is a page that lost its way. @default 65_536 */
  readonly problemBytes: number;
  /** The head of an answer, as Node, nginx and Apache allow. @default 16_384 */
  readonly headBytes: number;
  /** Answers 1xx before the one that counts: one a second, for longer than any caller waits. @default 1_000 */
  readonly interim: number;
  /** Metadata as a header: servers take 8 KiB of one, and need some for the others. @default 6_144 */
  readonly metadataBytes: number;
  /**
   * Connections for calls with one answer: HTTP/1.1 has one call at a time on each, further calls wait for one. Python
   * has a thread for each. @default 128
   */
  readonly connections: number;
  /** Streams at once, each on a connection of its own; further ones are refused. @default 1_024 */
  readonly streams: number;
  /** Calls under way or waiting for a connection; further ones are refused. @default 16_384 */
  readonly calls: number;
  /** Messages of one stream that wait for their reader. @default 256 */
  readonly streamMessages: number;
  /** Bytes of them; one message may go over. @default 1_048_576 */
  readonly streamBytes: number;
  /**
   * How long the answer of a one-way message is waited for, which is thrown away, for its connection's sake. @default
   * 30_000
   */
  readonly notifyAnswerMs: number;
  /**
   * An idle connection is not used again after this long: many servers close it after 2 to 5 seconds, and a call that
   * crosses that moment fails, nobody knowing whether it was executed. @default 1_000
   */
  readonly idleMs: number;
  /**
   * How long a lost call waits before it may be tried again: a process that was killed takes connections for a moment,
   * and is off the list after it. @default 50
   */
  readonly lostPauseMs: number;
  /** Nothing is remembered of a program that was not called for this long. @default 60_000 */
  readonly restMs: number;
}

export const httpLimits: HttpLimits = {
  messageBytes: 4_194_304,
  problemBytes: 65_536,
  headBytes: 16_384,
  interim: 1_000,
  metadataBytes: 6_144,
  connections: 128,
  streams: 1_024,
  calls: 16_384,
  streamMessages: 256,
  streamBytes: 1_048_576,
  notifyAnswerMs: 30_000,
  idleMs: 1_000,
  lostPauseMs: 50,
  restMs: 60_000,
};
