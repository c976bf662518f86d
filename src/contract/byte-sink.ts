/** A message as bytes of its own, where there is no connection to write into. */
import { textOfUtf8, unsetBytes, utf8Length, writeUtf8 } from "../core/text-bytes.ts";
import type { Codec, Sink } from "./codec.ts";

/** What `value` is in a codec. The bytes are the caller's. */
export function encodeBytes(codec: Codec, value: unknown): Uint8Array {
  const sink = new ByteSink();
  codec.encode(value, sink);
  return sink.take();
}

/** What `value` is in a codec whose format is text. */
export function encodeText(codec: Codec, value: unknown): string {
  const bytes = encodeBytes(codec, value);
  return textOfUtf8(bytes, 0, bytes.length);
}

/** Grows as it is written to. */
export class ByteSink implements Sink {
  at = 0;
  #memory = unsetBytes(memoryBytesMin);

  text(value: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8; counting exactly is only for what may not fit.
    const bytes = value.length * 3;
    const fits = this.#memory.length - this.at >= bytes;
    const memory = this.room(fits ? bytes : utf8Length(value));
    this.at += writeUtf8(value, memory, this.at);
  }

  bytes(value: Uint8Array): void {
    this.room(value.length).set(value, this.at);
    this.at += value.length;
  }

  room(bytes: number): Uint8Array {
    if (this.#memory.length - this.at < bytes) {
      const larger = unsetBytes(Math.max(this.at + bytes, 2 * this.#memory.length));
      larger.set(this.#memory.subarray(0, this.at));
      this.#memory = larger;
    }
    return this.#memory;
  }

  /** What was written; the sink begins anew. */
  take(): Uint8Array {
    const taken = this.#memory.subarray(0, this.at);
    this.#memory = unsetBytes(memoryBytesMin);
    this.at = 0;
    return taken;
  }
}

/** Most messages are smaller than this. */
const memoryBytesMin = 512;
