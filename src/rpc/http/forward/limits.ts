/** What requests that are passed on to a program may take. Each limit has a name, a default and the reason for it. */

export interface ForwardLimits {
  /** Requests that wait for a program to come back, each with a connection and an unread body. @default 1_024 */
  readonly heldMax: number;
  /** How long one waits: longer than any sensible restart, shorter than most clients'. @default 30_000 */
  readonly holdMs: number;
  /** Connections to one node; further requests wait for one. @default 256 */
  readonly connectionsMax: number;
  /** WebSockets at once: they stay. @default 1_024 */
  readonly socketsMax: number;
  /** An idle connection is not used again after this long, as in `HttpLimits`. @default 1_000 */
  readonly idleMs: number;
  /** Before a request that was lost is sent again, as in `HttpLimits`. @default 50 */
  readonly lostPauseMs: number;
  /** Without a byte either way, be it of a body, an answer that is waited for, or a WebSocket. @default 300_000 */
  readonly quietMs: number;
  /**
   * One body. It is passed on as it comes, so this guards a program's disk and nobody's memory. @default 1_073_741_824
   */
  readonly bodyBytesMax: number;
  /** The head of an answer. @default 16_384 */
  readonly headBytesMax: number;
  /** Answers 1xx before the one that counts: one a second, for longer than any client waits. @default 1_000 */
  readonly interimMax: number;
}

export const forwardLimits: ForwardLimits = {
  heldMax: 1_024,
  holdMs: 30_000,
  connectionsMax: 256,
  socketsMax: 1_024,
  idleMs: 1_000,
  lostPauseMs: 50,
  quietMs: 300_000,
  bodyBytesMax: 1_073_741_824,
  headBytesMax: 16_384,
  interimMax: 1_000,
};
