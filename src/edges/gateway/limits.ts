/** What one client may take of the gateway. Each limit has a name, a default and the reason for it. */

export interface GatewayLimits {
  /** One request body. A megabyte is a big message; files do not belong into a call. @default 1_048_576 */
  readonly bodyBytesMax: number;
  /**
   * The bodies of all requests together while they are read and sent on; keeps a flood out of memory.
   * @default 67_108_864
   */
  readonly bodiesBytesMax: number;
  /**
   * The messages of all WebSockets together that wait for their methods, each with 256 bytes for itself; apart from the
   * bodies, so that streams cannot take the room of calls. @default 67_108_864
   */
  readonly messagesBytesMax: number;
  /** Request line and headers together, as nginx and Apache allow. @default 16_384 */
  readonly headerBytesMax: number;
  /** Header lines; a browser sends twenty. @default 100 */
  readonly headersMax: number;
  /** The request target, the size that every browser and proxy can send. @default 8_192 */
  readonly targetBytesMax: number;
  /** From the connection's first byte to the end of the headers. @default 10_000 */
  readonly headersTimeoutMs: number;
  /** From the first byte to the end of the body: a slow sender is gone before it is 30 s old. @default 20_000 */
  readonly requestTimeoutMs: number;
  /** Without a byte of an unfinished body. @default 5_000 */
  readonly bodyIdleMs: number;
  /** Without a byte of a body that is a stream of inputs, which people may type. @default 60_000 */
  readonly inputIdleMs: number;
  /** A client that has taken no byte of an answer for this long is cut off. @default 20_000 */
  readonly readStallMs: number;
  /** How long an idle connection waits for its next request; each holds memory. @default 5_000 */
  readonly keepAliveMs: number;
  /** Open connections: beyond it a new one is closed at once. @default 10_000 */
  readonly connectionsMax: number;
  /** Requests under way at once; beyond it the answer is 429. @default 1_024 */
  readonly requestsMax: number;
  /** Of those, streams of all kinds: they stay, and calls need room beside them. @default 512 */
  readonly streamsMax: number;
  /** The most that `x-timeout-ms` may ask for; more is refused. @default 300_000 */
  readonly timeoutMsMax: number;
  /** How long a stopping gateway waits for the calls that run. @default 5_000 */
  readonly drainMs: number;
}

export const gatewayLimits: GatewayLimits = {
  bodyBytesMax: 1_048_576,
  bodiesBytesMax: 67_108_864,
  messagesBytesMax: 67_108_864,
  headerBytesMax: 16_384,
  headersMax: 100,
  targetBytesMax: 8_192,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  bodyIdleMs: 5_000,
  inputIdleMs: 60_000,
  readStallMs: 20_000,
  keepAliveMs: 5_000,
  connectionsMax: 10_000,
  requestsMax: 1_024,
  streamsMax: 512,
  timeoutMsMax: 300_000,
  drainMs: 5_000,
};

/** How often slow connections and bodies are looked for: a limit in time is kept to this precision. */
export const sweepMs = 1_000;
