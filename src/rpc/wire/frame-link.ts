/** What both ends of a connection do alike: move frames, answer PING, notice that the peer is gone, and end once. */
import type { Socket } from "node:net";

import type { Codec } from "../../contract/codec.ts";
import type { Clock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { FrameReader, type FrameReceiver } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { frame } from "./frames.ts";
import { type Hellos, lingerMs } from "./handshake.ts";
import { Keepalive } from "./keepalive.ts";

export interface FrameLinkOptions extends FrameReceiver {
  readonly clock: Clock;
  readonly keepaliveMs: number;
  /**
   * Reading stops while the peer leaves more than this unread. For one end of a connection only: two who both wait for
   * the other to read would wait for ever. @default Infinity
   */
  readonly unreadBytesMax?: number;
  /** Whether several calls are under way, which may all write in one turn of the event loop. @default never */
  readonly isShared?: () => boolean;
  /** The peer broke the protocol. The link still stands, for a last word. */
  readonly onBroken: (error: ReefError) => void;
  /** The link has ended; called once. */
  readonly onEnd: (error: ReefError) => void;
}

export class FrameLink {
  readonly writer: FrameWriter;
  readonly #socket: Socket;
  readonly #options: FrameLinkOptions;
  readonly #reader: FrameReader;
  readonly #keepalive: Keepalive;
  /** The longest message that the peer takes. */
  readonly #messageBytesMax: number;
  readonly #unreadBytesMax: number;
  /** The peer is not read from until it has read. */
  #paused = false;
  #receivedAtMs: number | undefined;
  #receivedAtWallMs: number | undefined;
  #ended = false;

  /** For a socket on which both HELLOs have been exchanged. */
  constructor(socket: Socket, { own, peer }: Hellos, options: FrameLinkOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#messageBytesMax = peer.limits.messageBytes;
    this.#unreadBytesMax = options.unreadBytesMax ?? Infinity;
    this.writer = new FrameWriter(socket, {
      onWritten: this.#onWritten,
      isShared: options.isShared,
    });
    this.#reader = new FrameReader(own.limits.messageBytes, {
      onMessage: (type, flags, method, call, payload, start, end) => {
        if (this.#ended) return;
        if (type === frame.ping) this.writer.signal(frame.pong, 0, 0);
        else if (type !== frame.pong)
          options.onMessage(type, flags, method, call, payload, start, end);
      },
      wants: options.wants,
    });
    this.#keepalive = new Keepalive(options.clock, options.keepaliveMs, {
      ping: () => this.writer.signal(frame.ping, 0, 0),
      taken: () => this.writer.taken(),
      dead: (silentMs) => this.destroy(silent(silentMs)),
    });
    socket.on("data", this.#onData);
    socket.on("error", (error) => this.destroy(lost(error)));
    socket.on("close", () => this.destroy(lost(undefined)));
    // It may have gone while nobody listened; whoever makes this link is not ready for its end before it has it.
    if (socket.destroyed) process.nextTick(() => this.destroy(lost(undefined)));
    socket.resume();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** When the bytes came that are being read: one look at the clock for all calls among them. */
  get receivedAtMs(): number {
    return (this.#receivedAtMs ??= this.#options.clock.monotonicMs());
  }

  /** The same, as clocks on walls show it. */
  get receivedAtWallMs(): number {
    return (this.#receivedAtWallMs ??= this.#options.clock.wallMs());
  }

  /** Writes one message; the promise resolves when all of it is with the socket. Throws with nothing written. */
  message(type: number, id: number, codec: Codec, value: unknown): Promise<void> | undefined {
    this.#encode(type, id, codec, value);
    return this.writer.end();
  }

  /** Writes one message of a stream. Its size, or a promise of it that waits until the connection takes more. */
  item(id: number, codec: Codec, value: unknown): number | Promise<number> {
    const { writer } = this;
    this.#encode(frame.item, id, codec, value);
    const bytes = writer.payloadBytes;
    const wait = writer.end() ?? writer.congestion;
    return wait ? wait.then(() => bytes) : bytes;
  }

  /** Lets the peer send more of a stream. */
  grant(id: number, messages: number, bytes: number): void {
    if (this.#ended) return;
    this.writer.begin(frame.credit, 0, 0, id);
    this.writer.u32(messages);
    this.writer.u32(bytes);
    this.writer.end();
  }

  /** @throws {ReefError} `resource_exhausted` when the open frame holds more than the peer takes */
  checkLength(): void {
    const bytes = this.writer.payloadBytes;
    if (bytes <= this.#messageBytesMax) return;
    throw new ReefError(
      "resource_exhausted",
      `Cannot send the message: the far side takes ${this.#messageBytesMax} bytes, it has ${bytes}`,
      { maybeExecuted: false },
    );
  }

  /** The call is over: no more of it is read or written. True when a message was cut in the middle. */
  forget(id: number): boolean {
    this.#reader.forget(id);
    return this.writer.cut(id);
  }

  /** Whether an open link keeps the process alive; at first it does. */
  keepAlive(keep: boolean): void {
    if (keep) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Ends now. What was written and not yet sent is lost. */
  destroy(error: ReefError): void {
    if (this.#end(error)) this.#socket.destroy();
  }

  /** Ends in order: what was written still goes out, and the peer has a moment to read it before the socket is gone. */
  close(error: ReefError): void {
    if (!this.#end(error)) return;
    const linger = this.#options.clock.after(lingerMs, () => this.#socket.destroy(), {
      background: true,
    });
    this.#socket.once("close", () => linger.cancel());
    this.#socket.ref();
    this.writer.finish();
    // It may be paused, and then would not notice that the peer leaves too.
    this.#socket.resume();
  }

  /** Resolves when the socket is gone. */
  async closed(): Promise<void> {
    if (!this.#socket.closed) await new Promise((resolve) => this.#socket.once("close", resolve));
  }

  #encode(type: number, id: number, codec: Codec, value: unknown): void {
    this.writer.begin(type, 0, 0, id);
    try {
      codec.encode(value, this.writer);
      this.checkLength();
    } catch (error) {
      this.writer.undo();
      throw error;
    }
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#ended) return;
    this.#keepalive.heard();
    this.#receivedAtMs = undefined;
    this.#receivedAtWallMs = undefined;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#options.onBroken(ReefError.from(error));
    }
    if (this.writer.backlogBytes <= this.#unreadBytesMax || this.#ended) return;
    this.#paused = true;
    this.#socket.pause();
  };

  /** Not only when the socket drains: it never fills up when the system takes each write at once. */
  readonly #onWritten = (): void => {
    if (!this.#paused || this.writer.backlogBytes > this.#unreadBytesMax) return;
    this.#paused = false;
    this.#socket.resume();
  };

  #end(error: ReefError): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#keepalive.stop();
    this.#reader.clear();
    this.#options.onEnd(error);
    return true;
  }
}

function lost(cause: unknown): ReefError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new ReefError("unavailable", `The connection was lost${why}`, { cause });
}

function silent(ms: number): ReefError {
  return new ReefError("unavailable", `The connection was lost: nothing was heard for ${ms} ms`);
}
