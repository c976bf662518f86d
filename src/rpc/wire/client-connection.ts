/** The caller's end of a native connection: many calls at once over one socket. */
import type { Socket } from "node:net";

import type { Clock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { CredentialSource } from "../../core/identity.ts";
import {
  type ClientCall,
  type ClientCarrier,
  isStream,
  returnsStream,
  sendsStream,
} from "../client-call.ts";
import { encodeMetadata } from "../metadata.ts";
import { InboundStream } from "../stream-inbound.ts";
import { OutboundStream } from "../stream-outbound.ts";
import type { Transport } from "../transport.ts";
import { BesideAnswers } from "./beside-answers.ts";
import { CallSlots } from "./call-slots.ts";
import * as failure from "./client-failures.ts";
import { decodeError } from "./error-frame.ts";
import { FrameLink } from "./frame-link.ts";
import { flag, frame, type WireLimits } from "./frames.ts";
import type { Hellos } from "./handshake.ts";
import { IdentityNumbers, writeAuth } from "./identity-numbers.ts";
import { MethodNumbers } from "./method-name.ts";

/** Bytes that may wait for a peer that does not read. Beyond it calls are refused, before memory is. */
export const backlogBytesMax = 16 * 1_048_576;

export class ClientConnection implements Transport, ClientCarrier {
  readonly #link: FrameLink;
  readonly #slots: CallSlots;
  readonly #ownLimits: WireLimits;
  readonly #peerLimits: WireLimits;
  readonly #methods: MethodNumbers;
  readonly #identities = new IdentityNumbers();
  readonly #beside = new BesideAnswers();
  readonly #listening: Disposable | undefined;
  readonly #outbound = new Map<number, OutboundStream>();
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #background: boolean;
  /** Calls without a deadline, whose timer would keep the process alive. */
  #endless = 0;
  #draining = false;
  #error: ReefError | undefined;

  /** For a socket on which both HELLOs have been exchanged. */
  constructor(
    socket: Socket,
    hellos: Hellos,
    options: {
      readonly clock: Clock;
      readonly keepaliveMs: number;
      /** No call keeps the process alive. @default false */
      readonly background?: boolean;
      /** Whose first token was in HELLO. */
      readonly credentials?: CredentialSource | undefined;
      /** Whether messages are protobuf where both sides can. @default true */
      readonly protobuf?: boolean;
    },
  ) {
    this.#ownLimits = hellos.own.limits;
    this.#peerLimits = hellos.peer.limits;
    this.#methods = new MethodNumbers(options.protobuf === false ? [] : hellos.peer.protobuf);
    this.#slots = new CallSlots(this.#peerLimits.calls);
    this.#link = new FrameLink(socket, hellos, {
      ...options,
      onMessage: this.#onMessage,
      wants: this.#wants,
      isShared: () => this.#slots.inUse > 1,
      onBroken: (error) => this.#link.destroy(failure.broken(error)),
      onEnd: (error) => this.#onEnded(error),
    });
    const { credentials } = options;
    this.#listening = credentials?.onChange(() => void this.renew(credentials));
    this.#background = options.background ?? false;
    this.#link.keepAlive(false);
  }

  get usable(): boolean {
    return !this.#draining && this.#error === undefined;
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  get closed(): Promise<void> {
    return this.#link.closed();
  }

  /** This process may have another token: the far side hears it before the next call. */
  async renew(credentials: CredentialSource, before?: string): Promise<void> {
    const token = await credentials.token();
    if (this.#error || token === undefined || token === before) return;
    writeAuth(this.#link.writer, 0, { scheme: "token", token });
  }

  send(call: ClientCall): void {
    const refusal = this.#refusal();
    if (refusal) return call.fail(refusal);
    let written: Promise<void> | undefined;
    const id = this.#slots.take(call);
    try {
      written = this.#writeCall(call, id);
    } catch (error) {
      // Nothing of it has left.
      this.#link.writer.undo();
      this.#slots.free(id);
      return call.fail(failure.unsent(error));
    }
    call.id = id;
    call.attempts += 1;
    if (call.method.kind === "notify") {
      this.#slots.free(id);
      return call.succeed(undefined);
    }
    call.carrier = this;
    if (call.totalDeadlineAt === Infinity) this.#countEndless(1);
    if (call.identity && isStream(call.method.kind)) call.uses = call.identity.use();
    if (returnsStream(call.method.kind)) this.#expectStream(call);
    if (sendsStream(call.method.kind)) void this.#sendStream(call, written);
  }

  cancel(call: ClientCall, error: ReefError): void {
    if (!this.#release(call)) return;
    call.inbound?.discard(error);
    if (!this.#error) this.#link.writer.signal(frame.cancel, 0, call.id);
    this.#leaveWhenDone();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.close(new ReefError("cancelled", "The client was closed"));
    await this.#link.closed();
  }

  #refusal(): ReefError | undefined {
    if (this.#error) return failure.never(this.#error);
    if (this.#draining) return failure.neverSent("unavailable", "the far side is shutting down");
    if (this.#slots.full) {
      const rule = `${this.#peerLimits.calls} calls are under way, the most that the far side takes`;
      return failure.neverSent("resource_exhausted", rule);
    }
    if (this.#link.writer.backlogBytes > backlogBytesMax) {
      const rule = `more than ${backlogBytesMax} bytes wait for the far side to read`;
      return failure.neverSent("resource_exhausted", rule);
    }
    return undefined;
  }

  #writeCall(call: ClientCall, id: number): Promise<void> | undefined {
    const { method, trace } = call;
    const { writer } = this.#link;
    const metadata = call.metadata && encodeMetadata(call.metadata);
    const named = this.#methods.of(method, writer);
    const identity = call.identity ? this.#identities.of(call.identity, writer) : 0;
    const subject = call.subject?.token;
    let flags: number = flag.trace;
    if (metadata) flags |= flag.metadata;
    if (subject !== undefined) flags |= flag.subject;
    call.answers = named.output;
    writer.begin(frame.call, flags, named.number, id);
    writer.u32(timeoutOf(call));
    writer.u16(identity);
    writer.i32(trace.a);
    writer.i32(trace.b);
    writer.i32(trace.c);
    writer.i32(trace.d);
    writer.i32(trace.spanHigh);
    writer.i32(trace.spanLow);
    if (subject !== undefined) {
      writer.u16(subject.length);
      writer.text(subject);
    }
    if (metadata) {
      writer.u16(Buffer.byteLength(metadata));
      writer.text(metadata);
    }
    if (!sendsStream(method.kind)) named.input.encode(call.input, writer);
    this.#link.checkLength();
    return writer.end();
  }

  #expectStream(call: ClientCall): void {
    const { streamMessages, streamBytes } = this.#ownLimits;
    const inbound = new InboundStream(
      { messages: streamMessages, bytes: streamBytes },
      {
        grant: (messages, bytes) => this.#link.grant(call.id, messages, bytes),
        leave: () => call.abort(new ReefError("cancelled", "The reader of the stream has left")),
      },
    );
    call.open(inbound);
  }

  async #sendStream(call: ClientCall, written: Promise<void> | undefined): Promise<void> {
    const { streamMessages, streamBytes } = this.#peerLimits;
    const { id, method } = call;
    const codec = this.#methods.of(method, this.#link.writer).input;
    const outbound = new OutboundStream(
      { messages: streamMessages, bytes: streamBytes },
      { item: (value) => (this.#error ? 0 : this.#link.item(id, codec, value)) },
    );
    this.#outbound.set(id, outbound);
    try {
      await written;
      // Callers of such methods give an iterable: the type of the client says so.
      const complete = await outbound.pump(call.input as AsyncIterable<unknown>);
      if (complete && !this.#error) this.#link.writer.signal(frame.end, 0, id);
    } catch (error) {
      call.abort(failure.stopped(error));
    }
  }

  readonly #wants = (type: number, id: number): boolean => {
    if (type !== frame.reply && type !== frame.item) throw failure.unexpected(type);
    return this.#slots.find(id) !== undefined;
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
    const call = this.#slots.find(id);
    if (!call) return this.#onOther(type, id, payload, start, end);
    if (type === frame.reply) this.#onReply(call, payload, start, end);
    else if (type === frame.item) this.#onItem(call, payload, start, end);
    else if (type === frame.error) this.#onError(call, payload.toString("utf8", start, end));
    else if (type === frame.accept) this.#onAccept(call);
    else if (type === frame.end) this.#onEnd(call);
    else if (type === frame.headers || type === frame.trailers) {
      if (call.listens) this.#beside.hold(type, id, payload.toString("utf8", start, end));
    } else if (type !== frame.credit || end - start !== 8) throw failure.unexpected(type);
    else {
      this.#outbound.get(id)?.grant(payload.readUInt32LE(start), payload.readUInt32LE(start + 4));
    }
  };

  /** A frame about the connection, or for a call that is over: that is late, not wrong. */
  #onOther(type: number, id: number, payload: Buffer, start: number, end: number): void {
    if (type === frame.goaway) return this.#goAway();
    if (type === frame.error && id === 0) {
      return this.#link.destroy(failure.refused(payload.toString("utf8", start, end)));
    }
    if (!perCall.has(type)) throw failure.unexpected(type);
  }

  #onReply(call: ClientCall, payload: Buffer, start: number, end: number): void {
    if (returnsStream(call.method.kind)) throw failure.unexpected(frame.reply);
    const beside = this.#beside.take(call.id);
    this.#forget(call);
    let answer: unknown;
    try {
      answer = call.answers?.decode(payload, start, end);
    } catch (error) {
      return call.fail(failure.unreadable(call, error));
    }
    call.succeed(answer, beside);
  }

  #onError(call: ClientCall, text: string): void {
    const beside = this.#beside.take(call.id);
    this.#forget(call);
    const error = decodeError(text, call.method);
    call.inbound?.fail(error);
    call.fail(error, beside);
  }

  /** What is said before the answers is heard before them. */
  #onAccept(call: ClientCall): void {
    const headers = this.#beside.takeHeaders(call.id);
    if (headers) call.heard(headers);
    call.accepted();
  }

  #onItem(call: ClientCall, payload: Buffer, start: number, end: number): void {
    const codec = call.answers;
    if (!call.inbound || !codec) throw failure.unexpected(frame.item);
    this.#onAccept(call);
    let item: unknown;
    try {
      item = codec.decode(payload, start, end);
    } catch (error) {
      return call.abort(failure.unreadable(call, error));
    }
    call.inbound.push(item, end - start);
  }

  #onEnd(call: ClientCall): void {
    if (!call.inbound) throw failure.unexpected(frame.end);
    const beside = this.#beside.take(call.id);
    this.#forget(call);
    call.inbound.end();
    call.succeed(undefined, beside);
  }

  /** The far side has ended the call. */
  #forget(call: ClientCall): void {
    const cut = this.#release(call);
    // It holds the beginning of a message whose rest will not come.
    if (cut === "cut") this.#link.writer.signal(frame.cancel, 0, call.id);
    this.#leaveWhenDone();
  }

  /** The call is no longer under way; false when it was not, and "cut" when a message of it was being written. */
  #release(call: ClientCall): boolean | "cut" {
    const { id } = call;
    if (!this.#slots.free(id)) return false;
    this.#beside.take(id);
    call.uses?.[Symbol.dispose]();
    if (call.totalDeadlineAt === Infinity) this.#countEndless(-1);
    if (this.#outbound.size > 0) {
      this.#outbound.get(id)?.abandon();
      this.#outbound.delete(id);
    }
    return this.#link.forget(id) ? "cut" : true;
  }

  /** An idle connection lets its process end; one with calls under way does not. */
  #countEndless(change: 1 | -1): void {
    this.#endless += change;
    if (!this.#background) this.#link.keepAlive(this.#endless > 0);
  }

  #goAway(): void {
    this.#draining = true;
    this.#ended.resolve(failure.neverSent("unavailable", "the far side is shutting down"));
    this.#leaveWhenDone();
  }

  /** Nobody knows of a connection that takes no more calls: it closes itself after the last. */
  #leaveWhenDone(): void {
    if (!this.#draining || !this.#slots.idle) return;
    this.#link.close(new ReefError("unavailable", "The far side has shut down"));
  }

  /** Each call under way fails, and whether the far side ran it is not known. */
  #onEnded(error: ReefError): void {
    this.#error = error;
    this.#listening?.[Symbol.dispose]();
    this.#identities.clear();
    this.#beside.clear();
    this.#ended.resolve(error);
    for (const call of this.#slots.takeAll()) {
      this.#outbound.get(call.id)?.abandon();
      this.#link.forget(call.id);
      call.uses?.[Symbol.dispose]();
      call.inbound?.fail(error);
      call.fail(error);
    }
    this.#outbound.clear();
  }
}

/** What the far side sends for a call. */
const perCall = new Set<number>([
  frame.reply,
  frame.error,
  frame.item,
  frame.accept,
  frame.end,
  frame.credit,
  frame.headers,
  frame.trailers,
]);

/** As the far side reads it: whole milliseconds, at least one, 0 for no limit. */
function timeoutOf(call: ClientCall): number {
  const { remainingMs } = call;
  return remainingMs === Infinity ? 0 : Math.min(0xffff_ffff, Math.max(1, Math.ceil(remainingMs)));
}
