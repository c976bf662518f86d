/** The service's end of a native connection. */
import type { Socket } from "node:net";

import type { Codec } from "../../contract/codec.ts";
import type { Clock } from "../../core/clock.ts";
import type { DeadlineSweep } from "../../core/deadline.ts";
import { ReefError } from "../../core/errors.ts";
import { isStream, returnsStream, sendsStream } from "../client-call.ts";
import { CallEntrance } from "../context.ts";
import type { Door } from "../door.ts";
import type { Spoken } from "../given-response.ts";
import { decodeMetadata, noMetadata } from "../metadata.ts";
import { type MessageCodecs, type Responder, ServerCall } from "../server-call.ts";
import { runCall, type ServerMethod } from "../server-method.ts";
import { InboundStream } from "../stream-inbound.ts";
import { OutboundStream } from "../stream-outbound.ts";
import { writeBeside } from "./beside-answers.ts";
import { readCallHeader } from "./call-header.ts";
import { CallTable } from "./call-table.ts";
import { encodeError } from "./error-frame.ts";
import { FrameLink } from "./frame-link.ts";
import { frame, methodsMax, type MethodName, type WireLimits } from "./frames.ts";
import type { Hellos } from "./handshake.ts";
import { parseMethodName, protobufCodecs } from "./method-name.ts";
import { PeerIdentities } from "./peer-identities.ts";
import type { AskedTarget } from "./peer-identity.ts";
import * as failure from "./server-failures.ts";

/** A peer that leaves this much unread is not asked for more calls until it has read. */
export const unreadBytesMax = 1_048_576;

export interface ServerConnectionOptions {
  /** The method that a METHOD frame asks for, or why it cannot be had. */
  readonly find: (name: MethodName) => ServerMethod | ReefError;
  readonly deadlines: DeadlineSweep;
  /** Says who may call what. Absent: everybody may call everything. */
  readonly door?: Door | undefined;
  readonly clock: Clock;
  readonly keepaliveMs: number;
  /** Called once, when the connection has ended. */
  readonly onEnd: () => void;
  /** Called when a call has ended and no other is under way. */
  readonly onIdle: () => void;
}

/** What the number of a METHOD frame stands for. */
interface NamedTarget extends MessageCodecs, AskedTarget {}

export class ServerConnection implements Responder {
  readonly #link: FrameLink;
  readonly #ownLimits: WireLimits;
  readonly #peerLimits: WireLimits;
  /** The peer takes what handlers say beside their answers. */
  readonly #tells: boolean;
  readonly #options: ServerConnectionOptions;
  readonly #methods = new Map<number, NamedTarget | ReefError>();
  readonly #identities: PeerIdentities;
  /** Those without an outcome, and those whose long answer is still being written. */
  readonly #calls = new CallTable();
  readonly #entrance = new CallEntrance();
  #draining = false;

  /** For a socket on which both HELLOs have been exchanged. */
  constructor(socket: Socket, hellos: Hellos, options: ServerConnectionOptions) {
    this.#ownLimits = hellos.own.limits;
    this.#peerLimits = hellos.peer.limits;
    this.#tells = hellos.peer.trailers === true;
    this.#options = options;
    const { clock, keepaliveMs, door } = options;
    const { credentials } = hellos.peer;
    this.#identities = new PeerIdentities({ credentials, door });
    this.#link = new FrameLink(socket, hellos, {
      clock,
      keepaliveMs,
      unreadBytesMax,
      onMessage: this.#onMessage,
      wants: this.#wants,
      isShared: () => this.#calls.size > 1,
      onBroken: (error) => this.#refuse(error),
      onEnd: (error) => this.#onEnded(error),
    });
  }

  /** Calls under way. */
  get active(): number {
    return this.#calls.size;
  }

  /** Takes no new calls and says so; those under way go on. */
  drain(): void {
    if (this.#draining || this.#link.ended) return;
    this.#draining = true;
    this.#link.writer.signal(frame.goaway, 0, 0);
  }

  /** Ends the connection; what is under way is cancelled with `reason`. */
  close(reason: string): void {
    this.#link.close(new ReefError("unavailable", reason));
  }

  reply(call: ServerCall, value: unknown): void {
    if (!this.#settle(call)) return;
    const output = call.codecs?.output;
    this.#retire(call, output && this.#writeReply(call, output, value));
  }

  fail(call: ServerCall, error: ReefError): void {
    if (!this.#settle(call)) return;
    // A message may have been in its middle; the caller knows by the ERROR that its rest will not come.
    this.#link.forget(call.id);
    const broken = call.kind === "notify" ? undefined : this.#say(call, "with the outcome");
    this.#writeError(call.id, broken ?? error, call.target);
    this.#retire(call, undefined);
  }

  accept(call: ServerCall): void {
    if (call.over) return;
    const broken = this.#say(call, "before answers");
    if (broken) call.stop(broken);
    else this.#link.writer.signal(frame.accept, 0, call.id);
  }

  item(call: ServerCall, value: unknown): number | Promise<number> {
    if (call.over) return 0;
    const broken = this.#say(call, "before answers");
    if (broken) throw broken;
    try {
      // A method that streams answers has a message for them.
      return this.#link.item(call.id, call.codecs?.output as Codec, value);
    } catch (error) {
      throw failure.brokenContract(call, error);
    }
  }

  finish(call: ServerCall): void {
    if (!this.#settle(call)) return;
    const broken = this.#say(call, "with the outcome");
    if (broken) this.#writeError(call.id, broken, call.target);
    else this.#link.writer.signal(frame.end, 0, call.id);
    this.#retire(call, undefined);
  }

  /** Says what is due beside the answer; the error when the handler gave what cannot be sent. */
  #say(call: ServerCall, spoken: Spoken): ReefError | undefined {
    if (call.givenResponse === undefined || !this.#tells) return undefined;
    return writeBeside(this.#link.writer, call, spoken);
  }

  #writeReply(call: ServerCall, output: Codec, value: unknown): Promise<void> | undefined {
    const broken = this.#say(call, "with the outcome");
    if (broken) {
      this.#writeError(call.id, broken, call.target);
      return undefined;
    }
    try {
      return this.#link.message(frame.reply, call.id, output, value);
    } catch (error) {
      this.#writeError(call.id, failure.brokenContract(call, error), call.target);
      return undefined;
    }
  }

  #writeError(id: number, error: ReefError, target: ServerMethod | undefined): void {
    // A notify has nobody who waits for an answer.
    if (target?.kind === "notify") return;
    const { writer } = this.#link;
    writer.begin(frame.error, 0, 0, id);
    writer.text(encodeError(error, target));
    writer.end();
  }

  /** The call gets its outcome now; false when it had one before, or nobody listens any more. */
  #settle(call: ServerCall): boolean {
    if (call.over) return false;
    call.over = true;
    call.sweep?.remove(call);
    call.hold?.[Symbol.dispose]();
    // What the caller still sends for it is dropped.
    call.inbound?.end();
    return true;
  }

  /** The call is no longer under way when the last of its answer is with the socket. */
  #retire(call: ServerCall, written: Promise<void> | undefined): void {
    if (written) {
      void written.then(() => this.#retire(call, undefined));
      return;
    }
    this.#link.forget(call.id);
    if (this.#calls.delete(call.id) && this.#calls.size === 0) this.#options.onIdle();
  }

  readonly #wants = (type: number, id: number): boolean => {
    if (type === frame.call) return true;
    if (type !== frame.item) throw failure.unexpected(type);
    return this.#calls.get(id)?.over === false;
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
    if (type === frame.call) return this.#onCall(flags, method, id, payload, start, end);
    if (type === frame.method) return this.#onMethod(method, payload.toString("utf8", start, end));
    if (type === frame.auth) return this.#identities.hear(payload, start, end);
    // A frame for a call that is over is late, not wrong.
    const call = this.#calls.get(id);
    if (type === frame.cancel) return this.#onCancel(id, call);
    if (type === frame.item) return this.#onItem(call, payload, start, end);
    if (type === frame.end) return call?.inbound?.end();
    if (type !== frame.credit || end - start !== 8) throw failure.unexpected(type);
    call?.outbound?.grant(payload.readUInt32LE(start), payload.readUInt32LE(start + 4));
  };

  #onMethod(number: number, text: string): void {
    if (number > methodsMax) throw failure.tooManyMethods();
    const name = parseMethodName(text);
    this.#methods.set(number, name instanceof ReefError ? name : this.#named(number, name));
  }

  #named(number: number, name: MethodName): NamedTarget | ReefError {
    const target = this.#options.find(name);
    if (target instanceof ReefError) return target;
    const { input, output } = target;
    if (name.codec === "json") return { number, target, input: input.json, output: output?.json };
    const codecs = protobufCodecs(input, output);
    return codecs ? { number, target, ...codecs } : failure.unnumbered(target);
  }

  #onCall(
    flags: number,
    method: number,
    id: number,
    payload: Buffer,
    start: number,
    end: number,
  ): void {
    const named = this.#methods.get(method);
    if (!named) throw failure.unnamed();
    if (id === 0 || this.#calls.get(id)) throw failure.taken(id);
    const header = readCallHeader(flags, payload, start, end);
    if (named instanceof ReefError) return this.#writeError(id, named, undefined);
    const { target } = named;
    const identity = this.#identities.of(header.identity);
    const { timeoutMs, metadata, subject } = header;
    const behalf = subject === "" ? undefined : identity.subject(subject, named);
    const refusal =
      this.#refusal() ?? identity.refusalOf(named, this.#link.receivedAtWallMs, behalf);
    if (refusal) return this.#writeError(id, refusal, target);
    const { streamMessages, streamBytes } = this.#peerLimits;
    const call = new ServerCall(target, this, {
      id,
      deadlineAt: timeoutMs === 0 ? Infinity : this.#link.receivedAtMs + timeoutMs,
      trace: header.trace,
      caller: identity.caller,
      credit: { messages: streamMessages, bytes: streamBytes },
      metadata: metadata === "" ? noMetadata : () => decodeMetadata(metadata),
    });
    call.codecs = named;
    call.proof = subject === "" ? identity.token : subject;
    if (behalf && !(behalf instanceof ReefError)) call.subject = behalf;
    try {
      if (!sendsStream(target.kind)) {
        call.input = named.input.decode(payload, header.bodyStart, end);
      }
    } catch (error) {
      this.#writeError(id, failure.unreadable(error), target);
      return;
    }
    this.#start(call);
    if (isStream(call.kind)) identity.hold(call);
    runCall(call, this.#entrance);
  }

  #refusal(): ReefError | undefined {
    if (this.#draining) return failure.refused("unavailable", "this node is shutting down");
    const { calls } = this.#ownLimits;
    if (this.#calls.size < calls) return undefined;
    return failure.refused("resource_exhausted", `${calls} calls are under way here`);
  }

  #start(call: ServerCall): void {
    const { kind } = call.target;
    this.#calls.add(call);
    this.#options.deadlines.add(call);
    if (sendsStream(kind)) this.#expectStream(call);
    if (returnsStream(kind)) {
      call.outbound = new OutboundStream(call.credit, { item: (value) => this.item(call, value) });
    }
  }

  #expectStream(call: ServerCall): void {
    const { streamMessages, streamBytes } = this.#ownLimits;
    call.inbound = new InboundStream(
      { messages: streamMessages, bytes: streamBytes },
      {
        grant: (messages, bytes) => {
          if (!call.over) this.#link.grant(call.id, messages, bytes);
        },
        // The handler needs no more of them; the caller's stream stops with the answer.
        leave: () => {},
      },
    );
    call.input = call.inbound;
  }

  #onCancel(id: number, call: ServerCall | undefined): void {
    this.#link.forget(id);
    if (!call || call.over) return;
    const error = new ReefError("cancelled", "The caller has given up");
    // First: to whoever reads it, the outcome of the call would be the end of the stream.
    call.inbound?.discard(error);
    this.#settle(call);
    this.#retire(call, undefined);
    call.cancel(error);
  }

  #onItem(call: ServerCall | undefined, payload: Buffer, start: number, end: number): void {
    if (!call || call.over) return;
    if (!call.inbound) throw failure.unexpected(frame.item);
    let item: unknown;
    try {
      item = call.codecs?.input.decode(payload, start, end);
    } catch (error) {
      const reason = failure.unreadable(error);
      this.fail(call, reason);
      call.cancel(reason);
      return;
    }
    call.inbound.push(item, end - start);
  }

  /** The peer does not speak this wire (any more): it is told so, and nothing it says is believed. */
  #refuse(error: ReefError): void {
    this.#writeError(0, error, undefined);
    this.#link.close(error);
  }

  #onEnded({ message }: ReefError): void {
    const error = new ReefError("cancelled", message);
    for (const call of this.#calls.takeAll()) {
      this.#link.forget(call.id);
      if (call.over) continue;
      call.inbound?.discard(error);
      this.#settle(call);
      call.cancel(error);
    }
    this.#methods.clear();
    this.#options.onEnd();
  }
}
