/** What a server that is called over gRPC may take of its caller. Each limit has a name and the reason for it. */

export interface GrpcClientLimits {
  /**
   * One answer, as it travels and unpacked; as on the native wire, and as gRPC's own clients have it. @default
   * 4_194_304
   */
  readonly messageBytes: number;
  /** Answers of one stream that wait for their reader. @default 256 */
  readonly streamMessages: number;
  /** Bytes of them; one message may go over. @default 1_048_576 */
  readonly streamBytes: number;
  /** Headers and trailers of an answer, each: a status may have details. @default 65_536 */
  readonly headerBytes: number;
  /**
   * Calls under way, those included that wait until the server takes another stream; more are refused. @default 16_384
   */
  readonly calls: number;
  /** What one connection may keep of us: windows of many streams half full. @default 64 */
  readonly sessionMegabytes: number;
}

export const grpcClientLimits: GrpcClientLimits = {
  messageBytes: 4_194_304,
  streamMessages: 256,
  streamBytes: 1_048_576,
  headerBytes: 65_536,
  calls: 16_384,
  sessionMegabytes: 64,
};
