/** What one connection over HTTP/2 may take of a server; `GrpcLimits` says how much, and why. */
export interface Http2Limits {
  /** Calls at once; more are refused, and their caller may try again. */
  readonly streams: number;
  /** Headers of one request, as HTTP/2 counts them. */
  readonly headerBytes: number;
  readonly headers: number;
  /** What may be kept for it before new calls are refused, and data of the others held back. */
  readonly sessionMegabytes: number;
  /** Calls broken off in one burst, and a second after that. */
  readonly resets: number;
  readonly resetsPerSecond: number;
  /** Wrong frames, and calls that are refused one after the other. */
  readonly errors: number;
  /** Both ends have said their settings within this. */
  readonly headMs: number;
}
