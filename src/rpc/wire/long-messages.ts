/**
 * Messages too long for one frame: they leave one chunk at a time, in turn with each other and with the small frames of
 * other calls, and only as fast as the socket takes them.
 */
import { chunkBytes, flag, partialsMax } from "./frames.ts";

/** What this needs of a `FrameWriter`. */
export interface ChunkWriter {
  readonly congestion: Promise<void> | undefined;
  begin(type: number, flags: number, method: number, call: number): void;
  bytes(value: Uint8Array): void;
  end(): unknown;
  flush(): void;
  tick(): void;
}

interface Message {
  readonly type: number;
  readonly flags: number;
  readonly method: number;
  readonly call: number;
  readonly payload: Buffer;
}

interface Queued extends Message {
  offset: number;
  readonly written: () => void;
}

export class LongMessages {
  readonly #writer: ChunkWriter;
  #queue: Queued[] = [];
  #bytes = 0;
  /** The next round of chunks is planned already. */
  #planned = false;

  constructor(writer: ChunkWriter) {
    this.#writer = writer;
  }

  /** Not yet written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when the last chunk was given to the socket, or the rest was cut. */
  add(message: Message): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#queue.push({ ...message, offset: 0, written: done.resolve });
    this.#bytes += message.payload.length;
    return done.promise;
  }

  /** Drops what is left of a call's message; true when there was one. */
  cut(call: number): boolean {
    if (this.#queue.length === 0) return false;
    const message = this.#queue.find((queued) => queued.call === call);
    if (!message) return false;
    this.#bytes -= message.payload.length - message.offset;
    message.offset = message.payload.length;
    message.written();
    this.#queue = this.#queue.filter((queued) => queued !== message);
    return true;
  }

  /** The socket is gone. */
  clear(): void {
    for (const message of this.#queue) message.written();
    this.#queue = [];
    this.#bytes = 0;
  }

  /** One chunk of each message, then the event loop may bring others. */
  write(): void {
    if (this.#planned || this.#queue.length === 0) return;
    const { congestion } = this.#writer;
    if (congestion) {
      this.#planned = true;
      void congestion.then(this.#next);
      return;
    }
    // The far side keeps no more than this many in pieces.
    for (const message of this.#queue.slice(0, partialsMax)) this.#chunk(message);
    this.#queue = this.#queue.filter(({ offset, payload }) => offset < payload.length);
    this.#writer.flush();
    if (this.#queue.length === 0) return;
    this.#planned = true;
    setImmediate(this.#next);
  }

  readonly #next = (): void => {
    this.#planned = false;
    this.#writer.tick();
  };

  #chunk(message: Queued): void {
    const { type, flags, method, call, payload, offset } = message;
    const next = Math.min(offset + chunkBytes, payload.length);
    const more = next < payload.length;
    this.#writer.begin(type, more ? flags | flag.more : flags, method, call);
    this.#writer.bytes(payload.subarray(offset, next));
    this.#writer.end();
    this.#bytes -= next - offset;
    message.offset = next;
    if (!more) message.written();
  }
}
