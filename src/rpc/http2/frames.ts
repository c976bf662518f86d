/** The numbers of HTTP/2: https://www.rfc-editor.org/rfc/rfc9113 */

/** What every client begins with. */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Length, type, flags and stream of a frame. */
export const frameHeaderBytes = 9;

/** Payload of one frame, at least so much is taken by everybody; we ask nobody to send more. */
export const frameBytesMin = 16_384;

/** What a peer may name as the most that it takes. */
export const frameBytesMax = 16_777_215;

/** What may be sent on a stream, and on a connection, before anybody has said anything about it. */
export const windowDefault = 65_535;

export const windowMax = 2_147_483_647;

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const frameFlag = {
  endStream: 0x01,
  /** Of SETTINGS and PING. */
  ack: 0x01,
  endHeaders: 0x04,
  padded: 0x08,
  priority: 0x20,
} as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;

export type ErrorCode = (typeof errorCode)[keyof typeof errorCode];

export function readUint32(bytes: Uint8Array, at: number): number {
  // Whoever reads has looked where the end is.
  return readUint31(bytes, at) + ((bytes[at] as number) >= 0x80 ? 0x8000_0000 : 0);
}

/** Without the bit that means nothing. */
export function readUint31(bytes: Uint8Array, at: number): number {
  // As above.
  return (
    (((bytes[at] as number) & 0x7f) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}
