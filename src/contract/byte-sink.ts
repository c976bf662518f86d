/** A message as bytes of its own, where there is no connection to write into. */
import type { Codec, Sink } from "./codec.ts";

/** What `value` is in a codec. The bytes are the caller's. */
export function encodeBytes(codec: Codec, value: unknown): Buffer {
  const sink = new ByteSink();
  codec.encode(value, sink);
  return sink.take();
}

/** Grows as it is written to. */
export class ByteSink implements Sink {
  at = 0;
  #memory: Buffer;

  constructor(bytes = memoryBytesMin) {
    this.#memory = Buffer.allocUnsafe(bytes);
  }

  text(value: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8; counting exactly is only for what may not fit.
    const bytes = value.length * 3;
    const fits = this.#memory.length - this.at >= bytes;
    const memory = this.room(fits ? bytes : Buffer.byteLength(value));
    this.at += memory.write(value, this.at, "utf8");
  }

  bytes(value: Uint8Array): void {
    this.room(value.length).set(value, this.at);
    this.at += value.length;
  }

  room(bytes: number): Buffer {
    if (this.#memory.length - this.at < bytes) {
      const larger = Buffer.allocUnsafe(Math.max(this.at + bytes, 2 * this.#memory.length));
      larger.set(this.#memory.subarray(0, this.at));
      this.#memory = larger;
    }
    return this.#memory;
  }

  /** What was written; the sink begins anew. */
  take(): Buffer {
    const taken = this.#memory.subarray(0, this.at);
    this.#memory = Buffer.allocUnsafe(memoryBytesMin);
    this.at = 0;
    return taken;
  }
}

/** Most messages are smaller than this. */
const memoryBytesMin = 512;
