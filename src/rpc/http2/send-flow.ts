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
  /** Resolves when there is room for more. */
  room: PromiseWithResolvers<void> | undefined;
}

interface Ending {
  /** The block of its trailers. */
  readonly trailers: Buffer | undefined;
}

/** What of a stream waits for its turn before its writer must: a full frame, made of small messages. */
const aheadBytesMax = frameBytesMin;

/**
 * And of all streams: as much as one `socket.write` takes. A peer with a thousand streams whose windows it never opens
 * would have a thousand writers write ahead, all in one turn of the event loop.
 */
const aheadOfAllBytesMax = 65_536;

/** A window is opened by as much as this by whoever wants the data, however little memory it has for it. */
const usefulBytes = 256;

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

  /**
   * A promise when enough of the stream waits, or of all streams together; it resolves when the stream is gone, too.
   */
  write(stream: SendingStream, bytes: Uint8Array): Promise<void> | undefined {
    if (bytes.length === 0) return undefined;
    const queue = this.#enqueue(stream, bytes);
    if (queue.bytes <= aheadBytesMax && this.heldBytes <= aheadOfAllBytesMax) return undefined;
    queue.room ??= Promise.withResolvers();
    return queue.room.promise;
  }

  end(stream: SendingStream, last: Uint8Array, trailers: Buffer | undefined): void {
    const { queue } = stream;
    const isEmpty = last.length === 0 && !queue;
    if (isEmpty || this.#fits(stream, last.length)) return this.#last(stream, last, trailers);
    this.#enqueue(stream, last).ending = { trailers };
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
  }

  /** All that was left of the stream; it fits. */
  #last(stream: SendingStream, bytes: Uint8Array, trailers: Buffer | undefined): void {
    if (bytes.length > 0 || !trailers) this.#data(stream, bytes, trailers === undefined);
    if (trailers) this.#output.headers(stream.id, trailers, true);
    this.#guard.worked();
    stream.onSent();
  }

  /** It leaves with what else comes in this tick, or turn. */
  #enqueue(stream: SendingStream, bytes: Uint8Array): SendQueue {
    const queue = (stream.queue ??= newQueue());
    if (bytes.length > 0) queue.parts.push(bytes);
    queue.bytes += bytes.length;
    this.heldBytes += bytes.length;
    if (stream.sendWindow > 0) this.#ready.add(stream);
    this.#output.wake();
    return queue;
  }

  /** As much of what waits in the stream as one frame holds. True when it may have another. */
  #sendOne(stream: SendingStream): boolean {
    const { queue } = stream;
    const window = Math.min(stream.sendWindow, this.#window);
    if (!queue || window <= 0) return false;
    const bytes = Math.min(queue.bytes, window, frameBytesMin);
    // What only fills a window that its peer has opened by little is no work that it could answer (CVE-2019-9511).
    if (bytes < window || bytes >= usefulBytes) this.#guard.worked();
    const isEnd = bytes === queue.bytes && queue.ending !== undefined;
    const endStream = isEnd && queue.ending?.trailers === undefined;
    this.#parts(stream, queue, { bytes, endStream });
    this.heldBytes -= bytes;
    queue.bytes -= bytes;
    if (queue.bytes <= aheadBytesMax / 2) {
      queue.room?.resolve();
      queue.room = undefined;
    }
    if (queue.bytes > 0) return true;
    stream.queue = undefined;
    if (!isEnd) return false;
    if (queue.ending?.trailers) this.#output.headers(stream.id, queue.ending.trailers, true);
    stream.onSent();
    return false;
  }

  #parts(
    stream: SendingStream,
    queue: SendQueue,
    { bytes, endStream }: { readonly bytes: number; readonly endStream: boolean },
  ): void {
    let left = bytes;
    for (;;) {
      const part = queue.parts[0] ?? noBytes;
      const end = Math.min(part.length, queue.at + left);
      left -= end - queue.at;
      this.#data(stream, part.subarray(queue.at, end), endStream && left === 0);
      queue.at = end;
      if (end === part.length) {
        queue.parts.shift();
        queue.at = 0;
      }
      if (left === 0) return;
    }
  }
}

function newQueue(): SendQueue {
  return { parts: [], at: 0, bytes: 0, ending: undefined, room: undefined };
}
