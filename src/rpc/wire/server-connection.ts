/** The service's end of a native connection. */
import type { Socket } from "node:net";

import type { Message } from "../../contract/message.ts";
import type { Clock } from "../../core/clock.ts";
import type { DeadlineSweep } from "../../core/deadline.ts";
import { ReefError } from "../../core/errors.ts";
import { returnsStream, sendsStream } from "../client-call.ts";
import { decodeMetadata, noMetadata } from "../metadata.ts";
import { type Responder, ServerCall } from "../server-call.ts";
import { runCall, type ServerMethod } from "../server-method.ts";
import { InboundStream } from "../stream-inbound.ts";
import { OutboundStream } from "../stream-outbound.ts";
import { readCallHeader } from "./call-header.ts";
import { encodeError } from "./error-frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { frame, type Hello, type MethodName } from "./frames.ts";
import { Keepalive } from "./keepalive.ts";

/** A peer on the same network reads its last frame within this. */
const lingerMs = 1_000;

export interface ServerConnectionOptions {
  /** The method that a METHOD frame asks for, or why it cannot be had. */
  readonly find: (name: MethodName) => ServerMethod | ReefError;
  readonly deadlines: DeadlineSweep;
  readonly clock: Clock;
  readonly keepaliveMs: number;
  /** Called once, when the connection has ended. */
  readonly onEnd: () => void;
  /** Called when a call has ended and no other is under way. */
  readonly onIdle: () => void;
}

export class ServerConnection implements Responder {
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #keepalive: Keepalive;
  readonly #own: Hello;
  readonly #peer: Hello;
  readonly #options: ServerConnectionOptions;
  readonly #methods = new Map<number, ServerMethod | ReefError>();
  readonly #calls = new Map<number, ServerCall>();
  #draining = false;
  #ended = false;

  /** For a socket on which both HELLOs have been exchanged; `rest` is what came after the peer's. */
  constructor(
    socket: Socket,
    hellos: { readonly own: Hello; readonly peer: Hello; readonly rest: Buffer },
    options: ServerConnectionOptions,
  ) {
    this.#socket = socket;
    this.#own = hellos.own;
    this.#peer = hellos.peer;
    this.#options = options;
    this.#writer = new FrameWriter(socket);
    this.#reader = new FrameReader(hellos.own.limits.messageBytes, this.#onMessage);
    this.#keepalive = new Keepalive(options.clock, options.keepaliveMs, {
      ping: () => this.#writer.signal(frame.ping, 0, 0),
      dead: () => this.#break("The caller was silent for too long"),
    });
    socket.on("data", this.#onData);
    socket.on("error", () => this.#break("The caller's connection was lost"));
    socket.on("close", () => this.#break("The caller's connection was closed"));
    if (hellos.rest.length > 0) this.#onData(hellos.rest);
    socket.resume();
  }

  /** Calls under way. */
  get active(): number {
    return this.#calls.size;
  }

  /** Takes no new calls and says so; those under way go on. */
  drain(): void {
    if (this.#draining || this.#ended) return;
    this.#draining = true;
    this.#writer.signal(frame.goaway, 0, 0);
  }

  /** Ends the connection; what is under way is cancelled with `reason`. */
  close(reason: string): void {
    if (this.#ended) return;
    this.#writer.flush();
    // What was written still goes out, and the peer has a moment to read it before the socket is gone.
    this.#socket.end();
    this.#options.clock.after(lingerMs, () => this.#socket.destroy(), { background: true });
    this.#break(reason);
  }

  reply(call: ServerCall, value: unknown): void {
    const { output } = call.target;
    if (!output) return void this.#end(call);
    if (!this.#end(call)) return;
    this.#writeMessage(frame.reply, call, output, value);
  }

  fail(call: ServerCall, error: ReefError): void {
    if (!this.#end(call)) return;
    this.#writeError(call.id, error, call.target);
  }

  accept(call: ServerCall): void {
    if (!call.over) this.#writer.signal(frame.accept, 0, call.id);
  }

  item(call: ServerCall, value: unknown): number | Promise<number> {
    // A method that streams answers has a message for them.
    const message = call.target.output as Message;
    if (call.over) return 0;
    const writer = this.#writer;
    writer.begin(frame.item, 0, 0, call.id);
    try {
      message.json.encode(value, writer);
      this.#checkLength(writer.payloadBytes);
    } catch (error) {
      writer.undo();
      throw brokenContract(call, error);
    }
    const bytes = writer.payloadBytes;
    const wait = writer.end() ?? writer.congestion;
    return wait ? wait.then(() => bytes) : bytes;
  }

  finish(call: ServerCall): void {
    if (this.#end(call)) this.#writer.signal(frame.end, 0, call.id);
  }

  #writeMessage(type: number, call: ServerCall, message: Message, value: unknown): void {
    const writer = this.#writer;
    writer.begin(type, 0, 0, call.id);
    try {
      message.json.encode(value, writer);
      this.#checkLength(writer.payloadBytes);
    } catch (error) {
      writer.undo();
      this.#writeError(call.id, brokenContract(call, error), call.target);
      return;
    }
    void writer.end();
  }

  #writeError(id: number, error: ReefError, target: ServerMethod | undefined): void {
    this.#writer.begin(frame.error, 0, 0, id);
    this.#writer.text(encodeError(error, target?.errorTypes ?? {}));
    void this.#writer.end();
  }

  #checkLength(bytes: number): void {
    const limit = this.#peer.limits.messageBytes;
    if (bytes > limit) {
      throw new ReefError(
        "resource_exhausted",
        `the message has ${bytes} bytes, the caller takes ${limit}`,
      );
    }
  }

  /** The call has its outcome; false when it had one before or nobody listens any more. */
  #end(call: ServerCall): boolean {
    if (call.over) return false;
    call.over = true;
    call.sweep?.remove(call);
    if (this.#calls.delete(call.id) && this.#calls.size === 0) this.#options.onIdle();
    // What the caller still sends for it comes to a call that is not there, and is dropped.
    call.inbound?.end();
    return !this.#ended;
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#keepalive.heard();
    try {
      this.#reader.push(chunk);
    } catch (error) {
      // The peer does not speak this wire (any more): it is told so, and nothing it says is believed.
      const reason = ReefError.from(error);
      this.#writeError(0, reason, undefined);
      this.close(reason.message);
    }
  };

  readonly #onMessage = (
    type: number,
    flags: number,
    method: number,
    id: number,
    payload: Buffer,
    start: number,
    end: number,
  ): void => {
    if (this.#ended) return;
    if (type === frame.call) return this.#onCall(flags, method, id, payload, start, end);
    if (type === frame.ping) return this.#writer.signal(frame.pong, 0, 0);
    if (type === frame.pong) return;
    if (type === frame.method) return this.#onMethod(method, payload.toString("utf8", start, end));
    if (type === frame.auth) return this.#onAuth();
    // A frame for a call that is over is late, not wrong.
    const call = this.#calls.get(id);
    if (type === frame.cancel) return this.#onCancel(id, call);
    if (type === frame.item) return this.#onItem(call, payload, start, end);
    if (type === frame.end) return call?.inbound?.end();
    if (type === frame.credit && end - start === 8) {
      return call?.outbound?.grant(payload.readUInt32LE(start), payload.readUInt32LE(start + 4));
    }
    throw new ReefError("invalid_argument", `Cannot read a frame of type ${type} here`);
  };

  #onMethod(number: number, text: string): void {
    this.#methods.set(number, this.#options.find(parseMethodName(text)));
  }

  #onAuth(): void {
    throw new ReefError(
      "unauthenticated",
      'Cannot take credentials: "anonymous" is the only scheme here',
    );
  }

  #onCall(
    flags: number,
    method: number,
    id: number,
    payload: Buffer,
    start: number,
    end: number,
  ): void {
    const target = this.#methods.get(method);
    const refusal = this.#refusal(target, id);
    if (refusal || !target || target instanceof ReefError) {
      if (refusal) this.#writeError(id, refusal, undefined);
      return;
    }
    const { clock } = this.#options;
    const header = readCallHeader(flags, payload, start, end);
    const { metadata } = header;
    const { streamMessages, streamBytes } = this.#peer.limits;
    const call = new ServerCall(target, this, {
      id,
      deadlineAt: header.timeoutMs === 0 ? Infinity : clock.monotonicMs() + header.timeoutMs,
      trace: header.trace,
      credit: { messages: streamMessages, bytes: streamBytes },
      metadata: metadata === "" ? noMetadata : () => decodeMetadata(metadata),
    });
    if (!sendsStream(target.kind)) {
      try {
        call.input = target.input.json.decode(payload, header.bodyStart, end);
      } catch (error) {
        if (target.kind !== "notify") this.#writeError(id, unreadable(error), target);
        return;
      }
    }
    this.#start(call);
  }

  #start(call: ServerCall): void {
    const { kind } = call.target;
    this.#calls.set(call.id, call);
    this.#options.deadlines.add(call);
    if (sendsStream(kind)) this.#expectStream(call);
    if (returnsStream(kind)) {
      call.outbound = new OutboundStream(call.credit, { item: (value) => this.item(call, value) });
    }
    runCall(call);
  }

  #expectStream(call: ServerCall): void {
    const { streamMessages, streamBytes } = this.#own.limits;
    call.inbound = new InboundStream(
      { messages: streamMessages, bytes: streamBytes },
      {
        grant: (messages, bytes) => {
          if (this.#ended || call.over) return;
          this.#writer.begin(frame.credit, 0, 0, call.id);
          this.#writer.u32(messages);
          this.#writer.u32(bytes);
          void this.#writer.end();
        },
        // The handler needs no more of them; the caller's stream stops with the answer.
        leave: () => {},
      },
    );
    call.input = call.inbound;
  }

  #refusal(target: ServerMethod | ReefError | undefined, id: number): ReefError | undefined {
    if (target instanceof ReefError) return target;
    if (!target)
      throw new ReefError("invalid_argument", "Cannot take a call: its method was never named");
    if (this.#calls.has(id))
      throw new ReefError("invalid_argument", `Cannot take call ${id}: it is under way`);
    if (this.#draining) return refused("unavailable", "this node is shutting down");
    if (this.#calls.size >= this.#own.limits.calls) {
      return refused("resource_exhausted", `${this.#own.limits.calls} calls are under way here`);
    }
    return undefined;
  }

  #onCancel(id: number, call: ServerCall | undefined): void {
    this.#reader.forget(id);
    if (!call) return;
    this.#end(call);
    call.cancel(new ReefError("cancelled", "The caller has given up"));
  }

  #onItem(call: ServerCall | undefined, payload: Buffer, start: number, end: number): void {
    if (!call?.inbound) return;
    let item: unknown;
    try {
      item = call.target.input.json.decode(payload, start, end);
    } catch (error) {
      const reason = unreadable(error);
      this.fail(call, reason);
      call.cancel(reason);
      return;
    }
    call.inbound.push(item, end - start);
  }

  #break(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#keepalive.stop();
    if (!this.#socket.writableEnded) this.#socket.destroy();
    const error = new ReefError("cancelled", reason);
    for (const call of this.#calls.values()) {
      call.over = true;
      call.sweep?.remove(call);
      call.cancel(error);
    }
    this.#calls.clear();
    this.#options.onEnd();
  }
}

function parseMethodName(text: string): MethodName {
  const name = JSON.parse(text) as Partial<MethodName> | null;
  const { namespace, service, method, codec } = name ?? {};
  if (typeof namespace !== "string" || typeof service !== "string" || typeof method !== "string") {
    throw new ReefError("invalid_argument", "Cannot read a METHOD frame: it names no method");
  }
  if (codec !== "json") {
    throw new ReefError(
      "unimplemented",
      `Cannot speak the codec "${codec}": this node knows "json"`,
    );
  }
  // The rest is text for the handler's eyes and compared as such.
  return name as MethodName;
}

function refused(code: "unavailable" | "resource_exhausted", rule: string): ReefError {
  return new ReefError(code, `Cannot take the call: ${rule}`, { maybeExecuted: false });
}

function unreadable(cause: unknown): ReefError {
  const { code, message, violations } = ReefError.from(cause);
  const known = code === "unknown" ? "invalid_argument" : code;
  return new ReefError(known, message, { cause, violations, maybeExecuted: false });
}

function brokenContract(call: ServerCall, cause: unknown): ReefError {
  const { message } = ReefError.from(cause);
  const name = `${call.service}/${call.method}`;
  return new ReefError("internal", `The handler of ${name} broke its contract: ${message}`, {
    cause,
  });
}
