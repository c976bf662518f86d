/** One call that came over HTTP: what the transport owes it, in whichever of the protocols it speaks. */
import type { Codec } from "../../contract/codec.ts";
import type { Clock } from "../../core/clock.ts";
import type { DeadlineSweep } from "../../core/deadline.ts";
import { ReefError } from "../../core/errors.ts";
import { returnsStream, sendsStream } from "../client-call.ts";
import { namespaceHeader } from "../doorkeeper/acting-namespace.ts";
import type { Metadata } from "../metadata.ts";
import { type Responder, ServerCall } from "../server-call.ts";
import { runCall } from "../server-method.ts";
import type { StreamCredit } from "../stream-inbound.ts";
import { OutboundStream } from "../stream-outbound.ts";
import { newTrace, parseTraceparent } from "../trace.ts";
import { brokenContract, unreadable } from "../wire/server-failures.ts";
import { AnswerHead } from "./answer-head.ts";
import type { Ending, Terms } from "./dialect.ts";
import { type AnswerHeaders, type Exchange, type ExchangeReceiver, single } from "./exchange.ts";
import { metadataOf } from "../header-metadata.ts";
import type { GrpcLimits } from "./limits.ts";
import { compressed, type MessageWriter } from "./message-bytes.ts";
import { type Admission, codecOf, type ProtoRoute } from "./proto-routes.ts";
import { RequestBody, type RequestBodyOwner } from "./request-body.ts";

/** What all calls of a server have in common. */
export interface CallHost {
  readonly deadlines: DeadlineSweep;
  readonly clock: Clock;
  readonly limits: GrpcLimits;
  readonly writer: MessageWriter;
}

export interface HttpCallOptions {
  readonly exchange: Exchange;
  readonly terms: Terms;
  readonly route: ProtoRoute;
  readonly host: CallHost;
  /** What a page's browser must read in the answer. */
  readonly pageHeaders: AnswerHeaders | undefined;
  /** The one message of a request that has it elsewhere than in its body. */
  readonly message?: Buffer;
}

/** HTTP has its own flow control, so the answer of a stream is as far ahead of its reader as the connection lets it. */
const unlimited: StreamCredit = { messages: Infinity, bytes: Infinity };

export class HttpCall implements Responder, ExchangeReceiver, RequestBodyOwner {
  readonly #options: HttpCallOptions;
  readonly #head: AnswerHead;
  readonly #output: Codec | undefined;
  readonly #call: ServerCall;
  readonly #body: RequestBody;
  /** While it is not known whether the call may be made. */
  #admitting: Promise<void> | undefined;
  #admission: Admission;
  #begun = false;
  #running = false;

  /** @throws {ReefError} why the call cannot be taken; nothing was answered */
  constructor(options: HttpCallOptions) {
    const { exchange, terms, route, host } = options;
    const { method } = route;
    const { headers } = exchange;
    this.#options = options;
    const input = codecOf(method.input, terms.codec, route);
    this.#output = method.output && codecOf(method.output, terms.codec, route);
    const timeoutMs = terms.dialect.timeoutMs(headers);
    const traceparent = single(headers, "traceparent");
    this.#call = new ServerCall(method, this, {
      id: 0,
      deadlineAt: timeoutMs === undefined ? Infinity : host.clock.monotonicMs() + timeoutMs,
      trace: (traceparent !== undefined && parseTraceparent(traceparent)) || newTrace(),
      credit: unlimited,
      metadata: () => (route.admit ? withoutProof(metadataOf(headers)) : metadataOf(headers)),
    });
    this.#head = new AnswerHead(this.#call, options);
    this.#body = new RequestBody({
      call: this.#call,
      exchange,
      terms,
      limits: host.limits,
      codec: input,
      owner: this,
    });
    if (returnsStream(method.kind)) {
      const item = (value: unknown) => this.item(this.#call, value);
      this.#call.outbound = new OutboundStream(unlimited, { item });
    }
    const admitted = route.admit?.(this.#call, {
      authorization: single(headers, "authorization"),
      namespace: single(headers, namespaceHeader),
      visitor: exchange,
    });
    if (admitted instanceof Promise) this.#admitting = this.#wait(admitted);
    else this.#admission = admitted;
  }

  /** Reads the request, in the turn in which it came. */
  start(): void {
    const { exchange, host, message } = this.#options;
    exchange.listen(this);
    host.deadlines.add(this.#call);
    if (message) this.#runWith(message);
    else if (sendsStream(this.#call.kind)) this.#run(this.#body.stream());
  }

  onData(chunk: Buffer): void {
    if (this.#call.over) return;
    try {
      this.#body.push(chunk);
    } catch (error) {
      this.onBroken(unreadable(error));
    }
  }

  onEnd(): void {
    if (this.#call.over || this.#options.message) return;
    try {
      if (sendsStream(this.#call.kind)) this.#body.endStream();
      else this.#run(this.#body.message());
    } catch (error) {
      this.onBroken(unreadable(error));
    }
  }

  onGone(): void {
    if (this.#call.over) return;
    const error = new ReefError("cancelled", "The caller has given up");
    // First: to whoever reads it, the outcome of the call would be the end of the stream.
    this.#call.inbound?.discard(error);
    this.#settle();
    this.#call.cancel(error);
  }

  /** What the caller sends cannot be read. */
  onBroken(error: ReefError): void {
    this.#call.inbound?.discard(error);
    this.fail(this.#call, error);
    if (this.#running) this.#call.cancel(error);
  }

  reply(call: ServerCall, value: unknown): void {
    if (call.over) return;
    let bytes: Buffer;
    try {
      bytes = this.#encode(value);
    } catch (error) {
      this.fail(call, brokenContract(call, error));
      return;
    }
    if (!this.#settle()) return;
    if (!this.#head.compresses) this.#end(undefined, bytes);
    else void this.#compress(bytes).then((last) => this.#end(undefined, last));
  }

  fail(_call: ServerCall, error: ReefError): void {
    if (this.#settle()) this.#end(error);
  }

  /**
   * The head of a stream's answer leaves when its handler has had a turn to say what is in it; its caller may wait for
   * it before the first message.
   */
  accept(call: ServerCall): void {
    setImmediate(() => {
      if (call.over) return;
      try {
        this.#begin();
      } catch (error) {
        call.stop(brokenContract(call, error));
      }
    });
  }

  item(call: ServerCall, value: unknown): number | Promise<number> {
    if (call.over) return 0;
    let bytes: Buffer;
    try {
      bytes = this.#encode(value);
    } catch (error) {
      throw brokenContract(call, error);
    }
    this.#begin();
    if (this.#head.compresses) return this.#compress(bytes).then((less) => this.#write(less));
    return this.#write(bytes);
  }

  finish(_call: ServerCall): void {
    if (this.#settle()) this.#end(undefined);
  }

  #write(bytes: Uint8Array): number | Promise<number> {
    if (this.#call.over) return 0;
    const { exchange, terms } = this.#options;
    const wait = exchange.write(terms.dialect.written?.(bytes) ?? bytes);
    return wait ? wait.then(() => bytes.length) : bytes.length;
  }

  #encode(value: unknown): Buffer {
    const { host, terms } = this.#options;
    const { enveloped } = terms.dialect;
    if (this.#output) return host.writer.encode(this.#output, value, enveloped);
    return host.writer.encode(terms.codec === "json" ? emptyJson : emptyBytes, value, enveloped);
  }

  #compress(bytes: Buffer): Promise<Uint8Array> {
    return compressed(bytes, this.#options.terms.dialect.enveloped);
  }

  #runWith(message: Buffer): void {
    try {
      this.#run(this.#body.decode(message));
    } catch (error) {
      this.onBroken(unreadable(error));
    }
  }

  #run(input: unknown): void {
    this.#call.input = input;
    if (this.#admitting) void this.#admitting.then(() => this.#runAdmitted());
    else this.#runAdmitted();
  }

  /** What comes meanwhile waits, within the limits that it has anyway. */
  async #wait(admitted: Promise<Admission>): Promise<void> {
    try {
      const admission = await admitted;
      if (this.#call.over) admission?.[Symbol.dispose]();
      else this.#admission = admission;
    } catch (error) {
      this.onBroken(ReefError.from(error));
    }
  }

  #runAdmitted(): void {
    if (this.#call.over) return;
    this.#running = true;
    runCall(this.#call);
    // Its sender learns that it has arrived, and nothing more: what becomes of it nobody waits for.
    if (this.#call.kind === "notify") this.reply(this.#call, undefined);
  }

  #begin(): void {
    if (this.#begun) return;
    const head = this.#head.headers();
    this.#begun = true;
    this.#options.exchange.begin(head);
  }

  /** The call gets its outcome now; false when it had one before. */
  #settle(): boolean {
    const call = this.#call;
    if (call.over) return false;
    call.over = true;
    call.sweep?.remove(call);
    call.inbound?.end();
    this.#admission?.[Symbol.dispose]();
    return true;
  }

  #end(error: ReefError | undefined, last?: Uint8Array): void {
    const { exchange, terms } = this.#options;
    const ending: Ending = {
      exchange,
      terms,
      head: this.#head,
      begun: this.#begun,
      last,
      error,
      known: this.#options.route.known,
      response: this.#call.givenResponse,
    };
    try {
      terms.dialect.end(ending);
    } catch (cause) {
      // A handler's metadata cannot be sent: its caller gets neither that nor the answer that belongs to it.
      const broken = brokenContract(this.#call, cause);
      this.#head.forget();
      terms.dialect.end({ ...ending, last: undefined, response: undefined, error: broken });
    }
  }
}

/** What proves who calls was for the door: a handler needs it for nothing, and could be the caller with it. */
function withoutProof({ authorization: _token, ...metadata }: Metadata): Metadata {
  return metadata;
}

const emptyJson: Codec = {
  name: "json",
  encode: (_, sink) => sink.text("{}"),
  decode: () => ({}),
};

const emptyBytes: Codec = { name: "protobuf", encode: () => {}, decode: () => ({}) };
