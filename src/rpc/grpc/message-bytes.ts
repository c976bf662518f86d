/** How messages become bytes of an answer, and bytes of a request messages: envelope, compression, codec. */
import { promisify } from "node:util";
import { gunzipSync, gzip } from "node:zlib";

import type { Codec, Sink } from "../../contract/codec.ts";
import { ReefError } from "../../core/errors.ts";
import { envelope, envelopeFlag, envelopeHeaderBytes, writeEnvelopeHeader } from "./grpc-frames.ts";

const gzipped = promisify(gzip);

/** Room for the messages that most calls have; a longer one makes its own, which is not kept. */
const roomBytes = 65_536;

/** Encodes one message at a time into room that it keeps. */
export class MessageWriter implements Sink {
  at = 0;
  #room = Buffer.allocUnsafeSlow(roomBytes);

  /** The message in its envelope, or bare; the bytes are the caller's. */
  encode(codec: Codec, value: unknown, enveloped: boolean): Buffer {
    const start = enveloped ? envelopeHeaderBytes : 0;
    this.at = start;
    try {
      codec.encode(value, this);
      if (enveloped) writeEnvelopeHeader(this.#room, 0, 0, this.at - start);
      const bytes = Buffer.allocUnsafe(this.at);
      this.#room.copy(bytes, 0, 0, this.at);
      return bytes;
    } finally {
      if (this.#room.length > roomBytes) this.#room = Buffer.allocUnsafeSlow(roomBytes);
    }
  }

  text(value: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8; counting exactly is only for what may not fit.
    if (this.#room.length - this.at < value.length * 3) this.room(Buffer.byteLength(value));
    this.at += this.#room.write(value, this.at, "utf8");
  }

  bytes(value: Uint8Array): void {
    this.room(value.length).set(value, this.at);
    this.at += value.length;
  }

  room(bytes: number): Uint8Array {
    const needed = this.at + bytes;
    if (needed <= this.#room.length) return this.#room;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#room.length));
    this.#room.copy(larger, 0, 0, this.at);
    return (this.#room = larger);
  }
}

/** A message that `encode` has made, compressed. Not in this thread: a long one would hold up everybody. */
export async function compressed(message: Buffer, enveloped: boolean): Promise<Uint8Array> {
  if (!enveloped) return gzipped(message);
  return envelope(envelopeFlag.compressed, await gzipped(message.subarray(envelopeHeaderBytes)));
}

/**
 * What was compressed, `bytesMax` of it at the most. Nothing is unpacked beyond that, whatever is behind it.
 * @throws {ReefError} `resource_exhausted` when it is longer, `invalid_argument` when it is not gzip
 */
export function decompressed(data: Uint8Array, bytesMax: number): Buffer {
  try {
    return gunzipSync(data, { maxOutputLength: bytesMax });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const options = { cause, maybeExecuted: false };
    if (code === "ERR_BUFFER_TOO_LARGE") {
      const text = `Cannot read a message: the limit is ${bytesMax} bytes, unpacked it has more`;
      throw new ReefError("resource_exhausted", text, options);
    }
    throw new ReefError("invalid_argument", "Cannot read a message: it is not gzip", options);
  }
}

/** The same bytes, as codecs want them. */
export function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.length);
}
