/** What the caller of one call sends: one message, or a stream of them as fast as the handler reads. */
import type { Codec } from "../../contract/codec.ts";
import { ReefError } from "../../core/errors.ts";
import { GrowingBytes } from "../http/growing-bytes.ts";
import type { ServerCall } from "../server-call.ts";
import { InboundStream } from "../stream-inbound.ts";
import { unreadable } from "../wire/server-failures.ts";
import type { Terms } from "./dialect.ts";
import { type Exchange, single } from "./exchange.ts";
import { unknownEncoding } from "./grpc-dialect.ts";
import { type Envelope, envelopeFlag, envelopeHeaderBytes, EnvelopeReader } from "./grpc-frames.ts";
import type { GrpcLimits } from "./limits.ts";
import { asBuffer, decompressed } from "./message-bytes.ts";

export interface RequestBodyOptions {
  readonly call: ServerCall;
  readonly exchange: Exchange;
  readonly terms: Terms;
  readonly limits: GrpcLimits;
  readonly codec: Codec;
  readonly owner: RequestBodyOwner;
}

export interface RequestBodyOwner {
  /** A message of a stream cannot be read, and its handler is running. */
  onBroken(error: ReefError): void;
}

export class RequestBody {
  readonly #options: RequestBodyOptions;
  /** Made for what does not come in one piece: most messages do. */
  #reader: EnvelopeReader | undefined;
  #bare: GrowingBytes | undefined;
  readonly #read: ((chunk: Buffer) => Buffer) | undefined;
  readonly #gzip: boolean;
  #only: Buffer | undefined;
  #onlyAt = 0;
  #inbound: InboundStream | undefined;
  /** What the stream may still be given before its handler must have read. */
  #messages: number;
  #bytes: number;
  #ended = false;
  #paused = false;
  #taking = false;

  /** @throws {ReefError} `unimplemented` for a compression that is not known here */
  constructor(options: RequestBodyOptions) {
    const { exchange, terms, limits } = options;
    const { dialect } = terms;
    this.#options = options;
    this.#read = dialect.read?.();
    this.#messages = limits.streamMessages;
    this.#bytes = limits.streamBytes;
    const encoding = single(exchange.headers, dialect.encodingHeader) ?? "identity";
    this.#gzip = encoding === "gzip";
    if (!this.#gzip && encoding !== "identity") throw unknownEncoding(encoding);
  }

  /** The reading end, for a method whose caller streams. */
  stream(): InboundStream {
    const { limits, call } = this.#options;
    this.#inbound = new InboundStream(
      { messages: limits.streamMessages, bytes: limits.streamBytes },
      {
        grant: (messages, bytes) => this.#grant(messages, bytes),
        leave: () => this.#drop(),
      },
    );
    call.inbound = this.#inbound;
    return this.#inbound;
  }

  /** @throws {ReefError} when what has come cannot be a part of a request */
  push(chunk: Buffer): void {
    const bytes = this.#read ? this.#read(chunk) : chunk;
    this.#push(bytes);
    this.#options.exchange.kept(this.#keptBytes);
  }

  /** The caller has sent its last message. */
  endStream(): void {
    this.#ended = true;
    // The rest waits for its handler.
    if (!this.#full) this.#finish();
  }

  /**
   * The one message of a request that is whole.
   * @throws {ReefError} when there is none, or it cannot be read
   */
  message(): unknown {
    if (!this.#options.terms.dialect.enveloped) {
      const bytes = this.#bare?.bytes() ?? nothing;
      if (!this.#gzip) return this.decode(bytes);
      this.#options.call.requestCompressed = true;
      return this.decode(decompressed(bytes, this.#options.limits.messageBytes));
    }
    if (this.#reader?.begun) throw cutOff();
    if (!this.#only) throw notOne("there is none");
    return this.#options.codec.decode(this.#only, this.#onlyAt, this.#only.length);
  }

  decode(bytes: Buffer): unknown {
    return this.#options.codec.decode(bytes, 0, bytes.length);
  }

  #push(bytes: Buffer): void {
    const { terms, limits } = this.#options;
    if (terms.dialect.enveloped) {
      if (!this.#reader && !this.#inbound && !this.#only && isWhole(bytes, limits.messageBytes)) {
        this.#only = bytes;
        this.#onlyAt = envelopeHeaderBytes;
        return;
      }
      this.#reader ??= new EnvelopeReader(limits.messageBytes);
      this.#reader.push(bytes);
      this.#take(this.#reader);
      return;
    }
    this.#bare ??= new GrowingBytes();
    if (this.#bare.size + bytes.length > limits.messageBytes) throw tooLong(limits.messageBytes);
    this.#bare.add(bytes);
  }

  /** What waits for the end of a message, or for that of the request. */
  get #keptBytes(): number {
    const waiting = this.#reader?.keptBytes ?? 0;
    return waiting + (this.#only?.length ?? 0) + (this.#bare?.size ?? 0);
  }

  #take(reader: EnvelopeReader): void {
    this.#taking = true;
    try {
      this.#takeAll(reader);
    } finally {
      this.#taking = false;
    }
  }

  #takeAll(reader: EnvelopeReader): void {
    for (;;) {
      if (this.#full) return this.#pause();
      const next = reader.next();
      if (!next) return;
      const bytes = this.#unpack(next);
      if (this.#inbound) {
        this.#messages -= 1;
        this.#bytes -= bytes.length;
        this.#inbound.push(this.decode(bytes), bytes.length);
      } else {
        if (this.#only) throw notOne("there are more");
        this.#only = bytes;
      }
    }
  }

  #unpack({ flags, data }: Envelope): Buffer {
    const { call, limits } = this.#options;
    call.requestCompressed = flags === envelopeFlag.compressed;
    if (flags === 0) return asBuffer(data);
    if (!call.requestCompressed) throw badFlags(flags);
    if (!this.#gzip) throw badFlags(flags, "the request names no compression");
    return decompressed(data, limits.messageBytes);
  }

  #grant(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
    this.#goOn();
  }

  /** The handler needs no more of them: what still comes is read and dropped. */
  #drop(): void {
    this.#messages = Infinity;
    this.#bytes = Infinity;
    this.#goOn();
  }

  get #full(): boolean {
    return this.#messages <= 0 || this.#bytes <= 0;
  }

  #goOn(): void {
    // Its handler may take a message while it is given, and so ask for the next in the middle of `#take`.
    if (this.#taking || this.#full || !this.#reader) return;
    try {
      this.#take(this.#reader);
      this.#options.exchange.kept(this.#keptBytes);
      if (this.#full) return;
      if (this.#ended) this.#finish();
      else this.#resume();
    } catch (error) {
      this.#options.owner.onBroken(unreadable(error));
    }
  }

  #pause(): void {
    this.#paused = true;
    this.#options.exchange.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#options.exchange.resume();
  }

  #finish(): void {
    if (this.#reader?.begun) throw cutOff();
    this.#inbound?.end();
  }
}

const nothing = Buffer.alloc(0);

/** Whether it is one envelope from its first byte to its last, not compressed and not too long. */
function isWhole(chunk: Buffer, bytesMax: number): boolean {
  if (chunk.length < envelopeHeaderBytes || chunk[0] !== 0) return false;
  const length = chunk.readUInt32BE(1);
  return length <= bytesMax && length === chunk.length - envelopeHeaderBytes;
}

function tooLong(bytesMax: number): ReefError {
  return refused("resource_exhausted", `a message: the limit is ${bytesMax} bytes, it has more`);
}

function notOne(rule: string): ReefError {
  return refused("unimplemented", `the request: the method takes one message, ${rule}`);
}

function cutOff(): ReefError {
  return refused("invalid_argument", "the request: it ends in the middle of a message");
}

function badFlags(flags: number, rule = "they mean nothing here"): ReefError {
  return refused("internal", `a message with the flags ${flags}: ${rule}`);
}

function refused(
  code: "resource_exhausted" | "unimplemented" | "invalid_argument" | "internal",
  what: string,
): ReefError {
  return new ReefError(code, `Cannot read ${what}`, { maybeExecuted: false });
}
