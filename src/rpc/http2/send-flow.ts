/**
 * What goes out as fast as the peer lets it: each stream has a window, all of them one more, and the socket its own
 * opinion. What does not fit waits in its stream, and its writer with it.
 */
import type { ConnectionGuard } from "./connection-guard.ts";
import type { FrameOutput } from "./frame-output.ts";
import { frameBytesMin, windowDefault, windowMax } from "./frames.ts";

export interface SendingStream {
  readonly id: number;
  sendWindow: number;
  /** What waits; undefined when nothing does. */
  queue: SendQueue | undefined;
  /** The end of the stream was written. */
  onSent(): void;
}

/** What one stream wants to send and may not yet. */
export interface SendQueue {
  readonly parts: Uint8Array[];
  /** Where the first goes on. */
  at: number;
  bytes: number;
  ending: Ending | undefined;
  /** Resolves when nothing waits any more. */
  room: PromiseWithResolvers<void> | undefined;
}

interface Ending {
  /** The block of its trailers. */
  readonly trailers: Buffer | undefined;
}

/** A window is opened by more than this by whoever wants the data. */
const usefulBytes = 1_024;

const noBytes = new Uint8Array(0);

export class SendFlow {
  readonly #output: FrameOutput;
  readonly #guard: ConnectionGuard;
  #window = windowDefault;
  #initialWindow = windowDefault;
  /** Those that could go on if the connection could: one frame each in turn. */
  readonly #ready = new Set<SendingStream>();
  /** What waits in all streams. */
  heldBytes = 0;

  constructor(output: FrameOutput, guard: ConnectionGuard) {
    this.#output = output;
    this.#guard = guard;
  }

  /** What a new stream begins with. */
  get initialWindow(): number {
    return this.#initialWindow;
  }

  /** A promise when something has to wait; it resolves when the stream is gone, too. */
  write(stream: SendingStream, bytes: Uint8Array): Promise<void> | undefined {
    if (bytes.length === 0) return undefined;
    if (this.#fits(stream, bytes.length)) {
      this.#data(stream, bytes, false);
      return undefined;
    }
    this.#enqueue(stream, bytes, undefined);
    const { queue } = stream;
    if (!queue) return undefined;
    queue.room ??= Promise.withResolvers();
    return queue.room.promise;
  }

  end(stream: SendingStream, last: Uint8Array, trailers: Buffer | undefined): void {
    if (!this.#fits(stream, last.length)) {
      if (last.length > 0 || stream.queue) return this.#enqueue(stream, last, { trailers });
    }
    this.#last(stream, last, { trailers });
  }

  /** The peer takes more, on one stream or on all together. False when that is more than there can be. */
  open(stream: SendingStream | undefined, increment: number): boolean {
    if (!stream) {
      this.#window += increment;
      if (this.#window > windowMax) return false;
    } else {
      stream.sendWindow += increment;
      if (stream.sendWindow > windowMax) return false;
      if (stream.queue && stream.sendWindow > 0) this.#ready.add(stream);
    }
    this.pump();
    return true;
  }

  /** The peer has changed what streams begin with, also for those that are there; `pump` makes use of it. */
  resize(initialWindow: number, streams: Iterable<SendingStream>): boolean {
    const change = initialWindow - this.#initialWindow;
    this.#initialWindow = initialWindow;
    for (const stream of streams) {
      stream.sendWindow += change;
      if (stream.sendWindow > windowMax) return false;
      if (stream.queue && stream.sendWindow > 0) this.#ready.add(stream);
    }
    return true;
  }

  /** The stream is gone, and what waits in it. */
  drop(stream: SendingStream): void {
    const { queue } = stream;
    if (!queue) return;
    stream.queue = undefined;
    this.#ready.delete(stream);
    this.heldBytes -= queue.bytes;
    queue.room?.resolve();
  }

  /** Sends what may go now. */
  pump(): void {
    for (const stream of this.#ready) {
      if (this.#output.isFull || this.#window <= 0) return;
      // It comes to the end of those who wait.
      this.#ready.delete(stream);
      if (this.#sendOne(stream)) this.#ready.add(stream);
    }
  }

  /** At once and in one frame. */
  #fits(stream: SendingStream, length: number): boolean {
    if (stream.queue || this.#output.isFull) return false;
    return length <= frameBytesMin && length <= stream.sendWindow && length <= this.#window;
  }

  #data(stream: SendingStream, bytes: Uint8Array, endStream: boolean): void {
    stream.sendWindow -= bytes.length;
    this.#window -= bytes.length;
    this.#output.data(stream.id, bytes, endStream);
    this.#guard.worked();
  }

  #last(stream: SendingStream, bytes: Uint8Array, { trailers }: Ending): void {
    if (!trailers) this.#data(stream, bytes, true);
    else {
      if (bytes.length > 0) this.#data(stream, bytes, false);
      this.#output.headers(stream.id, trailers, true);
    }
    stream.onSent();
  }

  #enqueue(stream: SendingStream, bytes: Uint8Array, ending: Ending | undefined): void {
    const queue = (stream.queue ??= newQueue());
    if (bytes.length > 0) queue.parts.push(bytes);
    queue.bytes += bytes.length;
    queue.ending = ending;
    this.heldBytes += bytes.length;
    if (stream.sendWindow > 0) this.#ready.add(stream);
    this.pump();
  }

  /** One frame of what waits in the stream. True when it may have another. */
  #sendOne(stream: SendingStream): boolean {
    const { queue } = stream;
    if (!queue || stream.sendWindow <= 0) return false;
    const part = queue.parts[0] ?? noBytes;
    const window = Math.min(stream.sendWindow, this.#window);
    const end = Math.min(part.length, queue.at + frameBytesMin, queue.at + window);
    const bytes = part.subarray(queue.at, end);
    queue.bytes -= bytes.length;
    this.heldBytes -= bytes.length;
    if (end === part.length) {
      queue.parts.shift();
      queue.at = 0;
    } else {
      queue.at = end;
    }
    if (queue.bytes > 0) {
      this.#part(stream, bytes, bytes.length === window && bytes.length < usefulBytes);
      return true;
    }
    stream.queue = undefined;
    if (queue.ending) this.#last(stream, bytes, queue.ending);
    else this.#data(stream, bytes, false);
    queue.room?.resolve();
    return false;
  }

  /** What only fills a window that its peer has opened by little is no work that it could answer (CVE-2019-9511). */
  #part(stream: SendingStream, bytes: Uint8Array, isDribble: boolean): void {
    if (!isDribble) return this.#data(stream, bytes, false);
    stream.sendWindow -= bytes.length;
    this.#window -= bytes.length;
    this.#output.data(stream.id, bytes, false);
  }
}

function newQueue(): SendQueue {
  return { parts: [], at: 0, bytes: 0, ending: undefined, room: undefined };
}
