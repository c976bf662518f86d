/** The caller's end of a native connection: many calls at once over one socket. */
import type { Socket } from "node:net";

import type { Message } from "../../contract/message.ts";
import type { Clock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import {
  type ClientCall,
  type ClientCarrier,
  type ClientMethod,
  returnsStream,
  sendsStream,
} from "../client-call.ts";
import { encodeMetadata } from "../metadata.ts";
import { InboundStream } from "../stream-inbound.ts";
import { OutboundStream } from "../stream-outbound.ts";
import type { Transport } from "../transport.ts";
import { CallSlots } from "./call-slots.ts";
import { decodeError } from "./error-frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { flag, frame, type Hello, methodsMax, type MethodName } from "./frames.ts";
import { Keepalive } from "./keepalive.ts";

/** Bytes that may wait for a peer that does not read. Beyond it calls are refused, before memory is. */
export const backlogBytesMax = 16 * 1_048_576;

export class ClientConnection implements Transport, ClientCarrier {
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #slots: CallSlots;
  readonly #keepalive: Keepalive;
  readonly #own: Hello;
  readonly #peer: Hello;
  /** The number of each method on this connection. */
  readonly #methods = new Map<ClientMethod, number>();
  readonly #outbound = new Map<number, OutboundStream>();
  readonly #ended = Promise.withResolvers<unknown>();
  #draining = false;
  #error: ReefError | undefined;

  /** For a socket on which both HELLOs have been exchanged; `rest` is what came after the peer's. */
  constructor(
    socket: Socket,
    hellos: { readonly own: Hello; readonly peer: Hello; readonly rest: Buffer },
    options: { readonly clock: Clock; readonly keepaliveMs: number },
  ) {
    this.#socket = socket;
    this.#own = hellos.own;
    this.#peer = hellos.peer;
    this.#writer = new FrameWriter(socket);
    this.#slots = new CallSlots(hellos.peer.limits.calls);
    this.#reader = new FrameReader(hellos.own.limits.messageBytes, this.#onMessage);
    this.#keepalive = new Keepalive(options.clock, options.keepaliveMs, {
      ping: () => this.#writer.signal(frame.ping, 0, 0),
      dead: (silentMs) => this.#break(silent(silentMs)),
    });
    socket.on("data", this.#onData);
    socket.on("error", (error) => this.#break(lost(error)));
    socket.on("close", () => this.#break(lost(undefined)));
    if (hellos.rest.length > 0) this.#onData(hellos.rest);
    socket.resume();
  }

  get usable(): boolean {
    return !this.#draining && this.#error === undefined;
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  send(call: ClientCall): void {
    const refusal = this.#refusal();
    if (refusal) return call.fail(refusal);
    let written: Promise<void> | undefined;
    const id = this.#slots.take(call);
    try {
      written = this.#writeCall(call, id);
    } catch (error) {
      // Nothing of it has left: the frame was undone.
      this.#writer.undo();
      this.#slots.free(id);
      return call.fail(unsent(error));
    }
    call.id = id;
    call.attempts += 1;
    if (call.method.kind === "notify") {
      this.#slots.free(id);
      return call.succeed(undefined);
    }
    call.carrier = this;
    if (returnsStream(call.method.kind)) this.#expectStream(call);
    if (sendsStream(call.method.kind)) void this.#sendStream(call, written);
  }

  cancel(call: ClientCall, error: ReefError): void {
    if (!this.#slots.free(call.id)) return;
    void this.#outbound.get(call.id)?.stop();
    this.#outbound.delete(call.id);
    call.inbound?.discard(error);
    if (this.#error === undefined) this.#writer.signal(frame.cancel, 0, call.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#error === undefined) {
      this.#writer.flush();
      this.#break(new ReefError("cancelled", "The client was closed"));
    }
    if (!this.#socket.closed) await new Promise((resolve) => this.#socket.once("close", resolve));
  }

  #refusal(): ReefError | undefined {
    if (this.#error) return never(this.#error);
    if (this.#draining) return neverSent("unavailable", "the far side is shutting down");
    if (this.#slots.full) {
      return neverSent(
        "resource_exhausted",
        `${this.#peer.limits.calls} calls are under way, the most that the far side takes`,
      );
    }
    if (this.#writer.backlogBytes > backlogBytesMax) {
      return neverSent(
        "resource_exhausted",
        `${backlogBytesMax} bytes wait for the far side to read`,
      );
    }
    return undefined;
  }

  #writeCall(call: ClientCall, id: number): Promise<void> | undefined {
    const { method, trace } = call;
    const number = this.#methods.get(method) ?? this.#nameMethod(method);
    const metadata = call.metadata && encodeMetadata(call.metadata);
    const writer = this.#writer;
    writer.begin(frame.call, metadata ? flag.trace | flag.metadata : flag.trace, number, id);
    writer.u32(timeoutOf(call));
    writer.u16(0);
    writer.i32(trace.a);
    writer.i32(trace.b);
    writer.i32(trace.c);
    writer.i32(trace.d);
    writer.i32(trace.spanHigh);
    writer.i32(trace.spanLow);
    if (metadata) {
      writer.u16(Buffer.byteLength(metadata));
      writer.text(metadata);
    }
    if (!sendsStream(method.kind)) method.input.json.encode(call.input, writer);
    this.#checkLength(writer.payloadBytes);
    return writer.end();
  }

  #nameMethod(method: ClientMethod): number {
    const number = this.#methods.size + 1;
    if (number > methodsMax) {
      throw neverSent("resource_exhausted", `${methodsMax} methods are in use on this connection`);
    }
    this.#methods.set(method, number);
    const { namespace, service, version, name, kind, digest } = method;
    const named: MethodName = {
      namespace,
      service,
      version,
      method: name,
      kind,
      digest,
      codec: "json",
    };
    this.#writer.begin(frame.method, 0, number, 0);
    this.#writer.text(JSON.stringify(named));
    this.#writer.end();
    return number;
  }

  #expectStream(call: ClientCall): void {
    const { streamMessages, streamBytes } = this.#own.limits;
    const inbound = new InboundStream(
      { messages: streamMessages, bytes: streamBytes },
      {
        grant: (messages, bytes) => this.#grant(call.id, messages, bytes),
        leave: () => call.abort(new ReefError("cancelled", "The reader of the stream has left")),
      },
    );
    call.open(inbound);
  }

  #grant(id: number, messages: number, bytes: number): void {
    if (this.#error) return;
    this.#writer.begin(frame.credit, 0, 0, id);
    this.#writer.u32(messages);
    this.#writer.u32(bytes);
    this.#writer.end();
  }

  async #sendStream(call: ClientCall, written: Promise<void> | undefined): Promise<void> {
    const { streamMessages, streamBytes } = this.#peer.limits;
    const { id } = call;
    const outbound = new OutboundStream(
      { messages: streamMessages, bytes: streamBytes },
      { item: (value) => this.#item(call.method.input, id, value) },
    );
    this.#outbound.set(id, outbound);
    try {
      await written;
      // Callers of such methods give an iterable: the type of the client says so.
      const complete = await outbound.pump(call.input as AsyncIterable<unknown>);
      if (complete && !this.#error) this.#writer.signal(frame.end, 0, id);
    } catch (error) {
      call.abort(ReefError.from(error));
    }
  }

  #item(message: Message, id: number, value: unknown): number | Promise<number> {
    if (this.#error) return 0;
    const writer = this.#writer;
    writer.begin(frame.item, 0, 0, id);
    try {
      message.json.encode(value, writer);
      this.#checkLength(writer.payloadBytes);
    } catch (error) {
      writer.undo();
      throw error;
    }
    const bytes = writer.payloadBytes;
    const wait = writer.end() ?? writer.congestion;
    return wait ? wait.then(() => bytes) : bytes;
  }

  #checkLength(bytes: number): void {
    const limit = this.#peer.limits.messageBytes;
    if (bytes > limit) {
      throw neverSent(
        "resource_exhausted",
        `the message has ${bytes} bytes, the far side takes ${limit}`,
      );
    }
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#keepalive.heard();
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#break(broken(error));
    }
  };

  readonly #onMessage = (
    type: number,
    _flags: number,
    _method: number,
    id: number,
    payload: Buffer,
    start: number,
    end: number,
  ): void => {
    if (type === frame.ping) return this.#writer.signal(frame.pong, 0, 0);
    if (type === frame.pong) return;
    if (type === frame.goaway) return this.#goAway();
    if (type === frame.error && id === 0) {
      return this.#break(decodeError(payload.toString("utf8", start, end), {}));
    }
    // A frame for a call that is over is late, not wrong: its generation is another.
    const call = this.#slots.find(id);
    if (!call) return;
    if (type === frame.reply) this.#onReply(call, payload, start, end);
    else if (type === frame.error) this.#onError(call, payload.toString("utf8", start, end));
    else if (type === frame.item) this.#onItem(call, payload, start, end);
    else if (type === frame.accept) call.accepted();
    else if (type === frame.end) this.#onEnd(call);
    else if (type === frame.credit && end - start === 8) {
      this.#outbound.get(id)?.grant(payload.readUInt32LE(start), payload.readUInt32LE(start + 4));
    } else throw unexpected(type);
  };

  #onReply(call: ClientCall, payload: Buffer, start: number, end: number): void {
    this.#forget(call);
    let answer: unknown;
    try {
      answer = call.method.output?.json.decode(payload, start, end);
    } catch (error) {
      return call.fail(unreadable(call, error));
    }
    call.succeed(answer);
  }

  #onError(call: ClientCall, text: string): void {
    this.#forget(call);
    const error = decodeError(text, call.method.errors);
    call.inbound?.fail(error);
    call.fail(error);
  }

  #onItem(call: ClientCall, payload: Buffer, start: number, end: number): void {
    const message = call.method.output;
    if (!call.inbound || !message) throw unexpected(frame.item);
    call.accepted();
    let item: unknown;
    try {
      item = message.json.decode(payload, start, end);
    } catch (error) {
      return call.abort(unreadable(call, error));
    }
    call.inbound.push(item, end - start);
  }

  #onEnd(call: ClientCall): void {
    this.#forget(call);
    call.inbound?.end();
    call.succeed(undefined);
  }

  #forget(call: ClientCall): void {
    this.#slots.free(call.id);
    const outbound = this.#outbound.get(call.id);
    if (!outbound) return;
    this.#outbound.delete(call.id);
    void outbound.stop();
  }

  #goAway(): void {
    this.#draining = true;
    this.#ended.resolve(neverSent("unavailable", "the far side is shutting down"));
  }

  /** Ends the connection: each call on it fails, and whether the far side ran it is not known. */
  #break(error: ReefError): void {
    if (this.#error) return;
    this.#error = error;
    this.#keepalive.stop();
    this.#socket.destroy();
    this.#ended.resolve(error);
    for (const call of this.#slots.takeAll()) {
      const outbound = this.#outbound.get(call.id);
      this.#outbound.delete(call.id);
      void outbound?.stop();
      call.inbound?.fail(error);
      call.fail(error);
    }
  }
}

/** As the far side reads it: whole milliseconds, at least one, 0 for no limit. */
function timeoutOf(call: ClientCall): number {
  const { remainingMs } = call;
  return remainingMs === Infinity ? 0 : Math.min(0xffff_ffff, Math.max(1, Math.ceil(remainingMs)));
}

function neverSent(code: "unavailable" | "resource_exhausted", rule: string): ReefError {
  return new ReefError(code, `Cannot send the call: ${rule}`, { maybeExecuted: false });
}

function never(error: ReefError): ReefError {
  return new ReefError(error.code, error.message, { cause: error, maybeExecuted: false });
}

function unsent(error: unknown): ReefError {
  const { code, message, violations } = ReefError.from(error);
  return new ReefError(code === "unknown" ? "invalid_argument" : code, message, {
    cause: error,
    violations,
    maybeExecuted: false,
  });
}

function lost(cause: unknown): ReefError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new ReefError("unavailable", `The connection was lost${why}`, { cause });
}

function silent(ms: number): ReefError {
  return new ReefError("unavailable", `The connection was lost: nothing was heard for ${ms} ms`);
}

function broken(cause: unknown): ReefError {
  const text = ReefError.from(cause).message;
  return new ReefError("unavailable", `The connection was ended: ${text}`, { cause });
}

function unexpected(type: number): ReefError {
  return new ReefError("invalid_argument", `Cannot read a frame of type ${type} here`);
}

function unreadable(call: ClientCall, cause: unknown): ReefError {
  return new ReefError(
    "internal",
    `Cannot read the answer of ${call.method.service}/${call.method.name}`,
    {
      cause,
    },
  );
}
