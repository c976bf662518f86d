/** What callers over HTTP may take of a service. Each limit has a name and the reason for it. */

export interface GrpcLimits {
  /** One message, as it travels and unpacked. 4 MiB is what gRPC's servers take. @default 4_194_304 */
  readonly messageBytes: number;
  /** Messages of one inbound stream that wait for their handler. @default 256 */
  readonly streamMessages: number;
  /** Bytes of them; one message may go over. @default 1_048_576 */
  readonly streamBytes: number;
  /** Calls at once on one connection; more wait at their caller. @default 1_024 */
  readonly streams: number;
  /** Headers of one request, as HTTP counts them. Node, nginx and Apache take as much. @default 16_384 */
  readonly headerBytes: number;
  /** Headers by number: each costs more than its bytes. @default 128 */
  readonly headers: number;
  /**
   * What one HTTP/2 connection may keep of us, messages that are not whole among it: windows of all its streams half
   * full. Beyond it new calls are refused, and data of the others waits at their caller. @default 32
   */
  readonly sessionMegabytes: number;
  /**
   * Calls that a connection may break off before their answer in one burst: twice what it can have under way, for a
   * caller whose deadlines pass all at once. More is an attack by rapid reset. @default 2_048
   */
  readonly resets: number;
  /** And how many a second after that. @default 200 */
  readonly resetsPerSecond: number;
  /**
   * Frames against the protocol at once, and streams that were refused one after the other, before a connection is
   * closed. @default 100
   */
  readonly errors: number;
  /** The head of a request over HTTP/1.1, or the settings of HTTP/2, must come within this. @default 10_000 */
  readonly headMs: number;
  /** A whole request over HTTP/1.1, streams too: one that is slower holds a connection. @default 300_000 */
  readonly uploadMs: number;
  /** An idle connection of HTTP/1.1 is kept for the next request this long. @default 60_000 */
  readonly idleMs: number;
}

export const grpcLimits: GrpcLimits = {
  messageBytes: 4_194_304,
  streamMessages: 256,
  streamBytes: 1_048_576,
  streams: 1_024,
  headerBytes: 16_384,
  headers: 128,
  sessionMegabytes: 32,
  resets: 2_048,
  resetsPerSecond: 200,
  errors: 100,
  headMs: 10_000,
  uploadMs: 300_000,
  idleMs: 60_000,
};
