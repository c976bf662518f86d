/** One call over gRPC: the stream that carries it. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";

import type { Codec } from "../../../contract/codec.ts";
import type { Message } from "../../../contract/message.ts";
import { ReefError } from "../../../core/errors.ts";
import {
  type ClientCall,
  type ClientCarrier,
  isStream,
  returnsStream,
  sendsStream,
} from "../../client-call.ts";
import { callContext } from "../../context.ts";
import type { Beside } from "../../given-response.ts";
import { metadataOf } from "../../header-metadata.ts";
import type { Metadata } from "../../metadata.ts";
import { InboundStream, type StreamCredit } from "../../stream-inbound.ts";
import { OutboundStream } from "../../stream-outbound.ts";
import { stopped, unreadable } from "../../wire/client-failures.ts";
import { compressed, type MessageWriter } from "../message-bytes.ts";
import { AnswerReader } from "./answer-reader.ts";
import { failureOfHead, failureOfReset, failureOfStatus } from "./grpc-failures.ts";
import type { GrpcClientLimits } from "./limits.ts";
import { requestHeaders } from "./request-headers.ts";
import { roomIn } from "../room-in.ts";

export interface GrpcExchangeHost {
  readonly codec: "protobuf" | "json";
  /** Whether calls say where they act. */
  readonly namespaces: boolean;
  readonly limits: GrpcClientLimits;
  readonly writer: MessageWriter;
  /** What became of the connection. */
  failure(): ReefError | undefined;
  onEnd(exchange: GrpcExchange): void;
}

/** HTTP/2 has its own flow control: the inputs of a stream are as far ahead as the connection lets them be. */
const unlimited: StreamCredit = { messages: Infinity, bytes: Infinity };

export class GrpcExchange implements ClientCarrier {
  readonly #call: ClientCall;
  readonly #host: GrpcExchangeHost;
  readonly #input: Codec;
  readonly #output: Codec | undefined;
  readonly #first: Buffer | undefined;
  readonly #stream: ClientHttp2Stream;
  readonly #reader: AnswerReader;
  readonly #inbound: InboundStream | undefined;
  #outbound: OutboundStream | undefined;
  #only: { readonly value: unknown } | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  /** Of the one answer, until it is there. */
  #headers: Metadata | undefined;
  /** All messages were taken. */
  #read = false;
  #over = false;

  /**
   * Takes the message of the call and opens its stream.
   * @throws {ReefError} `invalid_argument`, `failed_precondition` when it cannot be sent; nothing of it has left
   */
  constructor(call: ClientCall, session: ClientHttp2Session, host: GrpcExchangeHost) {
    const { method } = call;
    this.#call = call;
    this.#host = host;
    this.#input = codecOf(method.input, host.codec, method.service);
    this.#output = method.output && codecOf(method.output, host.codec, method.service);
    if (!sendsStream(method.kind)) this.#first = host.writer.encode(this.#input, call.input, true);
    const headers = requestHeaders(call, host);
    const streams = sendsStream(method.kind);
    // What comes in is nobody's nested call.
    this.#stream = callContext.exit(() => session.request(headers, { waitForTrailers: streams }));
    const { limits } = host;
    if (returnsStream(method.kind)) this.#inbound = this.#expectStream();
    this.#reader = new AnswerReader({
      limits,
      codec: this.#output,
      take: (value, bytes) => this.#take(value, bytes),
      pause: () => void this.#stream.pause(),
      resume: () => void this.#stream.resume(),
      failed: (error) => this.#call.abort(unreadable(this.#call, error)),
      ended: () => this.#finish(),
    });
  }

  /** The carrier of the call is known, and can be told what happens. */
  start(): void {
    const stream = this.#stream;
    this.#call.attempts += 1;
    stream.on("response", (head) => this.#onHead(head));
    stream.on("trailers", (trailers) => this.#onTrailers(trailers));
    stream.on("data", (chunk: Buffer) => this.#reader.push(chunk));
    stream.on("end", () => this.#reader.end());
    // It closes after it, which is what counts.
    stream.on("error", ignore);
    stream.on("close", () => this.#onClose());
    // Node ends what is broken off, as if it were whole. So the end of a stream of inputs is for us to say.
    stream.on("wantTrailers", () => {
      if (!this.#over) stream.sendTrailers({});
    });
    if (this.#first) void this.#sendOne(this.#first);
    else void this.#sendStream();
  }

  cancel(_call: ClientCall, error: ReefError): void {
    this.#inbound?.discard(error);
    this.#end(constants.NGHTTP2_CANCEL);
  }

  /** Ends it for its caller too. */
  fail(error: ReefError, beside?: Beside): void {
    if (this.#over) return;
    this.#end(constants.NGHTTP2_CANCEL);
    this.#inbound?.fail(error);
    this.#call.fail(error, beside);
  }

  async #sendOne(message: Buffer): Promise<void> {
    const { compress } = this.#call.carried;
    this.#stream.end(compress === true ? await compressed(message, true) : message);
  }

  async #sendStream(): Promise<void> {
    const call = this.#call;
    this.#outbound = new OutboundStream(unlimited, { item: (value) => this.#item(value) });
    try {
      // Callers of such methods give an iterable: the type of the client says so.
      const complete = await this.#outbound.pump(call.input as AsyncIterable<unknown>);
      if (complete) this.#stream.end();
    } catch (error) {
      call.abort(stopped(error));
    }
  }

  #item(value: unknown): number | Promise<number> {
    if (this.#over) return 0;
    const message = this.#host.writer.encode(this.#input, value, true);
    const { compress } = this.#call.carried;
    return compress === true
      ? compressed(message, true).then((less) => this.#write(less))
      : this.#write(message);
  }

  #write(bytes: Uint8Array): number | Promise<number> {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded || stream.write(bytes)) return bytes.length;
    return roomIn(stream).then(() => bytes.length);
  }

  #onHead(head: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    if (this.#over) return;
    const failure = failureOfHead(this.#call, head);
    if (failure) return this.fail(failure);
    // An answer that is only trailers says its status here.
    if (head["grpc-status"] !== undefined) this.#trailers = head;
    else {
      this.#reader.encoding(head["grpc-encoding"]);
      const call = this.#call;
      const headers = call.listens ? metadataOf(head) : undefined;
      if (!isStream(call.method.kind)) this.#headers = headers;
      else {
        if (headers) call.heard(headers);
        call.accepted();
      }
    }
  }

  #take(value: unknown, bytes: number): void {
    if (this.#over) return;
    if (this.#inbound) this.#inbound.push(value, bytes);
    else if (this.#only)
      this.fail(new ReefError("internal", `${this.#name} gave more than one answer`));
    else this.#only = { value };
  }

  #onTrailers(trailers: IncomingHttpHeaders): void {
    this.#trailers ??= trailers;
    if (this.#read) this.#finish();
  }

  /** All messages are taken; the status may be behind them, as Node tells it. */
  #finish(): void {
    this.#read = true;
    const trailers = this.#trailers;
    if (this.#over || !trailers) return;
    const beside = this.#call.listens
      ? { headers: this.#headers, trailers: metadataOf(trailers) }
      : undefined;
    const failure = failureOfStatus(this.#call, trailers);
    if (failure) return this.fail(failure, beside);
    if (!this.#inbound && this.#output && !this.#only) {
      return this.fail(new ReefError("internal", `${this.#name} gave no answer`));
    }
    this.#end(constants.NGHTTP2_NO_ERROR);
    this.#inbound?.end();
    this.#call.succeed(this.#only?.value, beside);
  }

  #onClose(): void {
    if (this.#over) return;
    // With its status it has said all that there is, whatever became of the stream after it.
    if (this.#trailers && this.#read) return this.#finish();
    if (this.#trailers) return this.#reader.end();
    this.fail(failureOfReset(this.#call, this.#stream, this.#host.failure()));
  }

  #expectStream(): InboundStream {
    const { streamMessages: messages, streamBytes: bytes } = this.#host.limits;
    const inbound = new InboundStream(
      { messages, bytes },
      {
        grant: (more, moreBytes) => this.#reader.grant(more, moreBytes),
        leave: () =>
          this.#call.abort(new ReefError("cancelled", "The reader of the stream has left")),
      },
    );
    this.#call.open(inbound);
    return inbound;
  }

  get #name(): string {
    const { service, name } = this.#call.method;
    return `${service}/${name}`;
  }

  #end(code: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#outbound?.abandon();
    this.#reader.stop();
    const stream = this.#stream;
    // An answer may come before all inputs are sent: the server is told that no more will come.
    const early = code === constants.NGHTTP2_NO_ERROR && !stream.writableEnded;
    if (early || code !== constants.NGHTTP2_NO_ERROR) {
      // A turn later, when its head has left: a server that was not told of the call cannot be told that it is over.
      setImmediate(() => void (stream.closed || stream.close(constants.NGHTTP2_CANCEL)));
    }
    this.#host.onEnd(this);
  }
}

function ignore(): void {}

/** @throws {ReefError} `failed_precondition` when the message has no numbers */
function codecOf(message: Message, name: "protobuf" | "json", service: string): Codec {
  const codec = name === "json" ? message.json : message.protobuf;
  if (codec) return codec;
  throw new ReefError(
    "failed_precondition",
    `Cannot speak protobuf with ${service}: the fields of its contract have no numbers; ` +
      `"reef contract lock FILE" gives them`,
    { maybeExecuted: false },
  );
}
