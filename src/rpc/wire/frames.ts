/**
 * The native wire, version 1: framed messages over one byte stream (Unix socket or TCP), many calls at once.
 *
 * A connection opens with `magic`, then each side sends HELLO. After that every frame is
 *
 *     u32 length | u8 type | u8 flags | u16 method | u32 call     (little-endian, then `length` payload bytes)
 *
 * A fixed header can be read without a loop, `length` is checked before a byte is buffered, and `call` carries a
 * generation, so that a late reply cannot hit a reused slot. Messages longer than `chunkBytes` travel as several frames
 * with the flag MORE, between which frames of other calls may come. Whoever stops in the middle of one says so: the
 * client by CANCEL, the server by ERROR. Why it is so was measured: docs/decisions/0004.
 *
 * Payloads:
 *   HELLO   JSON `Hello`
 *   AUTH    u16 identity, then JSON `Credentials`: CALL frames that come after it and name this identity are of whom
 *           they are about; 0 is the peer itself, who was in HELLO
 *   METHOD  JSON `MethodName`: what the number in `method` stands for on this connection
 *   CALL    u32 timeout in ms (0: none), u16 identity, [24 bytes trace], [u16 + subject], [u16 + metadata JSON], body
 *   REPLY   the one answer
 *   ACCEPT  nothing: the handler of a stream has started
 *   ITEM    one message of a stream
 *   END     nothing: no more messages in this direction; from the server it also ends the call
 *   ERROR   JSON `ErrorData`, always one frame: ends the call; for call 0 it ends the connection
 *   CANCEL  nothing: the client is no longer interested
 *   CREDIT  u32 messages, u32 bytes: how much more of a stream the reader takes
 *   PING    nothing, answered by PONG
 *   GOAWAY  nothing: no new calls here, those that run will end
 *   HEADERS, TRAILERS  metadata JSON: what a handler says beside its answers, each at most once for a call and only to
 *           who says `trailers` in HELLO. HEADERS comes before ACCEPT where the handler knows them by then, TRAILERS
 *           before what ends the call
 */
import type { MethodKind } from "../../contract/descriptor.ts";

/** As PNG's: the high bit shows a 7-bit path, CR LF a text-mode path, and no HTTP request starts with it. */
export const magic: Uint8Array = Uint8Array.from([0x8a, 0x52, 0x45, 0x45, 0x46, 0x0d, 0x0a, 0x01]);

export const wireVersion = 1;

export const headerBytes = 12;

/** The most that one frame carries. Small enough that a big message does not hold up the small ones behind it. */
export const chunkBytes = 65_536;

export const frame = {
  hello: 1,
  auth: 2,
  method: 3,
  call: 4,
  reply: 5,
  accept: 6,
  item: 7,
  end: 8,
  error: 9,
  cancel: 10,
  credit: 11,
  ping: 12,
  pong: 13,
  goaway: 14,
  headers: 15,
  trailers: 16,
} as const;

export const flag = {
  /** The message goes on in the next frame of this call. */
  more: 0x80,
  metadata: 0x01,
  trace: 0x02,
  subject: 0x04,
} as const;

/** What a side is ready to take. Each is announced in HELLO and kept by the other side. */
export interface WireLimits {
  /** One message, reassembled. 4 MiB is what gRPC's servers take. @default 4_194_304 */
  readonly messageBytes: number;
  /** Calls and streams under way at once on one connection. @default 16_384 */
  readonly calls: number;
  /** Messages of one stream that may be under way unread. @default 256 */
  readonly streamMessages: number;
  /** Bytes of one stream that may be under way unread; one message may go over. @default 1_048_576 */
  readonly streamBytes: number;
}

export const limitsDefault: WireLimits = {
  messageBytes: 4_194_304,
  calls: 16_384,
  streamMessages: 256,
  streamBytes: 1_048_576,
};

export interface Credentials {
  /** `anonymous` or `token`. */
  readonly scheme: string;
  readonly token?: string;
}

export interface Hello {
  readonly wire: number;
  readonly limits: WireLimits;
  readonly namespace: string;
  readonly credentials: Credentials;
  /** Which program this is, for logs; trusted by nobody. */
  readonly peer: string;
  /** Services that this node also speaks protobuf for, each with its major version: `greeter@1`. */
  readonly protobuf?: readonly string[];
  /** Takes HEADERS and TRAILERS. @default false */
  readonly trailers?: boolean;
}

export interface MethodName {
  readonly namespace: string;
  readonly service: string;
  readonly version: string;
  readonly method: string;
  readonly kind: MethodKind;
  /** Digest of the caller's contract. */
  readonly digest: string;
  readonly codec: CodecName;
}

/** `protobuf` where both sides have the numbers of the contract, else `json`. */
export type CodecName = "json" | "protobuf";

/** Metadata and subject have u16 lengths. */
export const headerFieldBytesMax = 65_535;

/** Method numbers are u16, but nobody calls more methods over one connection, and the far side remembers each. */
export const methodsMax = 4_096;

/**
 * Identities on one connection beside that of the peer: users of an edge who call at about the same time. Each is
 * remembered, and who has not called for longest gives its number to another one.
 */
export const identitiesMax = 1_024;

/** A METHOD frame: seven names, none of which a contract lets grow beyond 200 characters. */
export const methodNameBytesMax = 2_048;

/** Messages in pieces at once in one direction: each may hold `messageBytes`, so this bounds what a peer must keep. */
export const partialsMax = 16;
