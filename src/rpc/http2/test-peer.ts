/**
 * For tests: the other end of a connection over HTTP/2, which says what it likes and shows every frame that it gets.
 */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { duplexPair } from "node:stream";

import { createLogger } from "../../core/log.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { soon } from "../../testing/soon.ts";
import type { Exchange, ExchangeReceiver } from "../grpc/exchange.ts";
import { grpcLimits } from "../grpc/limits.ts";
import {
  errorCode,
  frameFlag,
  frameHeaderBytes,
  frameType,
  preface,
  readUint32,
} from "./frames.ts";
import { HpackDecoder } from "./hpack/hpack-decoder.ts";
import { encodeHeaders } from "./hpack/hpack-encoder.ts";
import { Http2Connection } from "./http2-connection.ts";
import type { Http2Limits } from "./http2-limits.ts";

export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A request as the server has it, and what it has heard of it. */
export interface Served {
  readonly exchange: Exchange;
  readonly heard: string[];
  body: string;
}

export interface TestPeerOptions {
  readonly limits?: Partial<Http2Limits>;
  /** What becomes of a request. @default it is listened to, and not answered */
  readonly onServe?: (served: Served) => void;
  /** Whether the server listens to requests. @default true */
  readonly listens?: boolean;
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

export const { endStream, endHeaders, ack, padded } = frameFlag;

export const post = {
  ":method": "POST",
  ":scheme": "http",
  ":path": "/a",
  ":authority": "localhost",
};

export function headers(
  stream: number,
  fields: { [name: string]: string } = post,
  flags = 0,
): Buffer {
  return frame(frameType.headers, endHeaders | flags, stream, encodeHeaders(fields));
}

export function data(stream: number, text: string, flags = 0): Buffer {
  return frame(frameType.data, flags, stream, Buffer.from(text));
}

export function settings(...pairs: (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * pairs.length);
  for (const [index, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, 6 * index);
    payload.writeUInt32BE(value, 6 * index + 2);
  }
  return frame(frameType.settings, 0, 0, payload);
}

export const settingsAck = frame(frameType.settings, ack, 0);

export function u32(type: number, stream: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return frame(type, 0, stream, payload);
}

export const reset = (stream: number, code = 8) => u32(frameType.rstStream, stream, code);
export const windowUpdate = (stream: number, by: number) => u32(frameType.windowUpdate, stream, by);
export const ping = frame(frameType.ping, 0, 0, Buffer.from("12345678"));

/** What `say` waits for is told from other answers by this. */
const lastPing = frame(frameType.ping, 0, 0, Buffer.from("the last"));

const names = Object.entries(frameType);
const codes = Object.entries(errorCode);

export class TestPeer implements AsyncDisposable {
  readonly clock = createManualClock();
  readonly served: Served[] = [];
  readonly connection: Http2Connection;
  /** Not yet given by `say`. */
  #seen: string[] = [];
  readonly frames: SeenFrame[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  readonly #own: Socket;
  readonly #decoder = new HpackDecoder({ tableBytes: 4_096, listBytes: 65_536, headersMax: 100 });
  #changed = Promise.withResolvers<void>();
  closed = false;
  /** The connection of the server has told its owner that it is over. */
  ended = false;

  constructor({ limits = {}, onServe, listens = true }: TestPeerOptions = {}) {
    const [own, far] = duplexPair();
    // Of a socket, a connection uses what every duplex stream has.
    this.#own = own as Socket;
    this.connection = new Http2Connection(far as Socket, {
      limits: { ...grpcLimits, ...limits },
      clock: this.clock,
      log: createLogger({ write: () => {} }),
      serve: (exchange) => {
        const served: Served = { exchange, heard: [], body: "" };
        this.served.push(served);
        exchange.owner = { onOver: () => served.heard.push("over") };
        if (listens) exchange.listen(receiverOf(served));
        onServe?.(served);
      },
      onEnd: () => (this.ended = true),
    });
    own.on("data", (chunk: Buffer) => this.#take(chunk));
    own.on("close", () => this.#close());
    own.on("end", () => this.#close());
    own.on("error", () => {});
  }

  /** The preface and both SETTINGS are exchanged. */
  static async open(options?: TestPeerOptions): Promise<TestPeer> {
    const peer = new TestPeer(options);
    await peer.say(preface, settings(), settingsAck);
    return peer;
  }

  /** Sends, and gives what comes until a PING behind it is answered or the connection is over. */
  async say(...parts: readonly Buffer[]): Promise<string[]> {
    this.#own.write(Buffer.concat([...parts, lastPing]));
    return this.until(/^the last|^closed/);
  }

  /** What has come by the time that something like it comes; without that. */
  async until(wanted: RegExp): Promise<string[]> {
    for (;;) {
      const at = this.#seen.findIndex((seen) => wanted.test(seen));
      if (at >= 0) return this.#seen.splice(0, at + 1).filter((seen) => seen !== "the last");
      assert(!this.closed, `${wanted} did not come, but ${this.#seen.join()}`);
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await soon(String(wanted), this.#changed.promise);
    }
  }

  write(...parts: readonly Buffer[]): void {
    this.#own.write(Buffer.concat(parts));
  }

  /** Nothing is read any more, or again. */
  stall(stalls: boolean): void {
    if (stalls) this.#own.pause();
    else this.#own.resume();
  }

  /** Leaves without a word. */
  leave(): void {
    this.#own.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#own.destroy();
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const end = frameHeaderBytes + (this.#bytes.length < 9 ? 0 : this.#bytes.readUIntBE(0, 3));
      if (this.#bytes.length < end) return;
      const bytes = this.#bytes;
      const seen = {
        type: bytes[3] ?? 0,
        flags: bytes[4] ?? 0,
        stream: bytes.readUInt32BE(5),
        payload: bytes.subarray(frameHeaderBytes, end),
      };
      this.#bytes = bytes.subarray(end);
      this.frames.push(seen);
      this.#see(this.#textOf(seen));
    }
  }

  #close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#see("closed");
  }

  #see(text: string): void {
    this.#seen.push(text);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #textOf({ type, flags, stream, payload }: SeenFrame): string {
    const name = names.find(([, value]) => value === type)?.[0] ?? String(type);
    const of = stream === 0 ? "" : ` ${stream}`;
    const end = flags & endStream ? " end" : "";
    if (type === frameType.data) return `data${of}${end} ${payload}`;
    if (type === frameType.headers) {
      return `headers${of}${end} ${this.#decoder.decode(payload).fields.join(" ")}`;
    }
    if (type === frameType.rstStream) return `reset${of} ${codeName(readUint32(payload, 0))}`;
    if (type === frameType.goaway) {
      return `goaway ${readUint32(payload, 0)} ${codeName(readUint32(payload, 4))}`;
    }
    if (type === frameType.windowUpdate) return `window${of} ${readUint32(payload, 0)}`;
    if (type === frameType.ping && payload.toString() === "the last") return "the last";
    if (type === frameType.ping || type === frameType.settings) {
      return flags & ack ? `${name} ack` : name;
    }
    return `${name}${of}`;
  }
}

function codeName(code: number): string {
  return codes.find(([, value]) => value === code)?.[0] ?? String(code);
}

function receiverOf(served: Served): ExchangeReceiver {
  return {
    onData(chunk) {
      served.heard.push(`data ${chunk.length}`);
      served.body += chunk.toString();
    },
    onEnd: () => served.heard.push("end"),
    onGone: () => served.heard.push("gone"),
  };
}
