/** One call as its handler sees it, and as the transport that brought it drives it. */
import type { Codec } from "../contract/codec.ts";
import type { MethodKind } from "../contract/descriptor.ts";
import type { DeadlineSweep, Expiring } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { anonymous, type Caller } from "../core/identity.ts";
import type { Logger } from "../core/log.ts";
import type { ClientCall } from "./client-call.ts";
import { callContext, type ContextKey } from "./context.ts";
import { GivenResponse, type ResponseOptions } from "./given-response.ts";
import type { Metadata } from "./metadata.ts";
import type { ServerMethod } from "./server-method.ts";
import type { InboundStream, StreamCredit } from "./stream-inbound.ts";
import type { OutboundStream } from "./stream-outbound.ts";
import type { Trace } from "./trace.ts";

/** Of the messages of one method. */
export interface MessageCodecs {
  readonly input: Codec;
  readonly output: Codec | undefined;
}

/** What a handler may know and do about the call that it serves. */
export interface Call<Errors = unknown> {
  readonly service: string;
  readonly method: string;
  readonly namespace: string;
  /** By whose authority, verified: what the rules were asked about. */
  readonly caller: Caller;
  /** On whose behalf: the one at the beginning of the chain of calls; the caller when it calls for itself. */
  readonly subject: Caller;
  readonly metadata: Metadata;
  readonly trace: Trace;
  /** Fires when nobody waits for the answer any more: the caller cancelled, left, or its deadline passed. */
  readonly signal: AbortSignal;
  /** Why nobody waits any more; undefined while somebody does. It costs nothing, where a signal has to be made. */
  readonly cancelled: Error | undefined;
  /** When the answer is worthless, on the monotonic clock (`performance.now()`); `Infinity` for never. */
  readonly deadline: number;
  /** Milliseconds until then, at least 0. */
  readonly remainingMs: number;
  /** Makes the typed errors of the contract: `throw call.errors.nobody({ name })`. */
  readonly errors: Errors;
  /** Writes lines that carry service, method and trace. */
  readonly log: Logger;
  /** Whether the message came compressed; of a stream, the last one that was taken. */
  readonly requestCompressed: boolean;
  /** What goes beside the answer, whichever way the call came. */
  readonly response: ResponseOptions;
  /** What middleware left under this key. */
  get<T>(key: ContextKey<T>): T | undefined;
  set<T>(key: ContextKey<T>, value: T): void;
}

/** What the transport does with the outcome of a call. Each call ends with exactly one `reply`, `finish` or `fail`. */
export interface Responder {
  reply(call: ServerCall, value: unknown): void;
  fail(call: ServerCall, error: ReefError): void;
  /** The handler of a stream has started. */
  accept(call: ServerCall): void;
  /** One message of a stream; its size on the wire, or a promise of it that waits until there is room. */
  item(call: ServerCall, value: unknown): number | Promise<number>;
  /** The stream of answers is complete. */
  finish(call: ServerCall): void;
}

/** A call on the side that answers it, as middleware and handlers see it. */
export class ServerCall implements Call, Expiring {
  readonly deadlineAt: number;
  sweepNext: Expiring | undefined = undefined;
  sweepPrevious: Expiring | undefined = undefined;
  sweep: DeadlineSweep | undefined = undefined;
  readonly target: ServerMethod;
  readonly responder: Responder;
  /** The number of the call on its connection. */
  readonly id: number;
  readonly trace: Trace;
  caller: Caller;
  /** What the caller takes of a stream of answers before it must be asked again. */
  readonly credit: StreamCredit;
  /** A message, or the stream of them. */
  input: unknown = undefined;
  /** The reading end of what the caller streams, and the writing end of what is streamed to it. */
  inbound: InboundStream | undefined = undefined;
  outbound: OutboundStream | undefined = undefined;
  /** Answered or given up: whatever the handler still does has no effect. */
  over = false;
  /** How its messages are read and written, where the transport can choose. */
  codecs: MessageCodecs | undefined = undefined;
  /** Calls made while this one is handled; cancelled with it. */
  firstChild: ClientCall | undefined = undefined;
  requestCompressed = false;
  /** What looks after it while it lasts; disposed when it is over. */
  hold: Disposable | undefined = undefined;
  /** What proves to auth on whose behalf it is made, for those calls that are made while it is handled. */
  proof: string | undefined = undefined;
  #metadata: Metadata | (() => Metadata);
  #controller: AbortController | undefined = undefined;
  #cancelled: ReefError | undefined = undefined;
  #response: GivenResponse | undefined = undefined;
  #values: Map<ContextKey<unknown>, unknown> | undefined = undefined;
  #subject: Caller | undefined = undefined;

  constructor(
    target: ServerMethod,
    responder: Responder,
    fields: {
      readonly id: number;
      readonly deadlineAt: number;
      readonly trace: Trace;
      /** @default anonymous */
      readonly caller?: Caller;
      readonly credit: StreamCredit;
      /** A function when reading them costs something: most handlers never ask. */
      readonly metadata: Metadata | (() => Metadata);
    },
  ) {
    this.target = target;
    this.responder = responder;
    this.id = fields.id;
    this.deadlineAt = fields.deadlineAt;
    this.trace = fields.trace;
    this.caller = fields.caller ?? anonymous;
    this.credit = fields.credit;
    this.#metadata = fields.metadata;
  }

  get service(): string {
    return this.target.service;
  }

  get method(): string {
    return this.target.name;
  }

  get namespace(): string {
    return this.target.namespace;
  }

  get subject(): Caller {
    return this.#subject ?? this.caller;
  }

  set subject(subject: Caller) {
    this.#subject = subject;
  }

  get errors(): unknown {
    return this.target.errorMakers;
  }

  get kind(): MethodKind {
    return this.target.kind;
  }

  get metadata(): Metadata {
    if (typeof this.#metadata === "function") this.#metadata = this.#metadata();
    return this.#metadata;
  }

  set metadata(metadata: Metadata) {
    this.#metadata = metadata;
  }

  get deadline(): number {
    return this.deadlineAt;
  }

  get remainingMs(): number {
    return Math.max(0, this.deadlineAt - this.target.clock.monotonicMs());
  }

  /** Made when it is first read: most handlers never do, and an AbortController costs as much as a call. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#cancelled) this.#controller.abort(this.#cancelled);
    }
    return this.#controller.signal;
  }

  get response(): ResponseOptions {
    return (this.#response ??= new GivenResponse());
  }

  /** As `response`; undefined when the handler never looked at it. */
  get givenResponse(): GivenResponse | undefined {
    return this.#response;
  }

  get log(): Logger {
    return this.target.log.with({ method: this.method, trace_id: this.trace.traceId });
  }

  /** Why nobody waits any more; undefined while somebody does. */
  get cancelled(): ReefError | undefined {
    return this.#cancelled;
  }

  get<T>(key: ContextKey<T>): T | undefined {
    // `set` is the only writer, and its types agree.
    return this.#values?.get(key) as T | undefined;
  }

  set<T>(key: ContextKey<T>, value: T): void {
    this.#values ??= new Map();
    this.#values.set(key, value);
  }

  /** Nobody waits for the answer: stops the calls made for it, then tells the handler. */
  cancel(error: ReefError): void {
    if (this.#cancelled) return;
    this.#cancelled = error;
    let child = this.firstChild;
    while (child) {
      const next = child.nextSibling;
      child.abort(error);
      child = next;
    }
    this.#controller?.abort(error);
    this.inbound?.discard(error);
    // In the context of the call, so that a generator's `finally` still sees whose work it was.
    if (this.outbound) void callContext.run(this, stopOutbound, this);
  }

  /** Ends it in the middle: its caller is told why, and its handler stops. */
  stop(error: ReefError): void {
    // First: to whoever reads it, the outcome of the call would be the end of the stream.
    this.inbound?.discard(error);
    this.responder.fail(this, error);
    this.cancel(error);
  }

  expire(): void {
    const text = `Cannot finish ${this.service}/${this.method}: its deadline has passed`;
    this.stop(new ReefError("deadline_exceeded", text));
  }
}

async function stopOutbound(call: ServerCall): Promise<void> {
  try {
    await call.outbound?.stop();
  } catch (error) {
    call.log.warn(`The handler of ${call.service}/${call.method} failed while it stopped`, {
      error,
    });
  }
}
