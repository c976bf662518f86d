/** The messages of an answer, as fast as their reader takes them. */
import type { Codec } from "../../../contract/codec.ts";
import { ReefError } from "../../../core/errors.ts";
import { type Envelope, envelopeFlag, EnvelopeReader } from "../grpc-frames.ts";
import { asBuffer, decompressed } from "../message-bytes.ts";
import type { GrpcClientLimits } from "./limits.ts";

export interface AnswerReaderOptions {
  readonly limits: GrpcClientLimits;
  /** Undefined for answers that say nothing. */
  readonly codec: Codec | undefined;
  readonly take: (value: unknown, bytes: number) => void;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly failed: (error: unknown) => void;
  /** Everything was taken. */
  readonly ended: () => void;
}

export class AnswerReader {
  readonly #options: AnswerReaderOptions;
  readonly #reader: EnvelopeReader;
  #messages: number;
  #bytes: number;
  #gzip = false;
  #paused = false;
  #taking = false;
  #ended = false;
  #over = false;

  constructor(options: AnswerReaderOptions) {
    const { messageBytes, streamMessages, streamBytes } = options.limits;
    this.#options = options;
    this.#reader = new EnvelopeReader(messageBytes);
    this.#messages = streamMessages;
    this.#bytes = streamBytes;
  }

  /** How messages may be packed. */
  encoding(name: string | string[] | undefined): void {
    this.#gzip = name === "gzip";
  }

  push(chunk: Buffer): void {
    if (this.#over) return;
    this.#reader.push(chunk);
    this.#takeAll();
  }

  /** No more will come; what waits for its reader is still taken first. */
  end(): void {
    this.#ended = true;
    this.#takeAll();
  }

  grant(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
    this.#takeAll();
  }

  /** Nobody wants what still comes. */
  stop(): void {
    this.#over = true;
    this.#resume();
  }

  #takeAll(): void {
    // Whoever reads may ask for more in the middle of it.
    if (this.#taking || this.#over) return;
    this.#taking = true;
    try {
      while (!this.#over) {
        if (this.#messages <= 0 || this.#bytes <= 0) return this.#pause();
        const next = this.#reader.next();
        if (!next) break;
        const data = this.#unpacked(next);
        this.#messages -= 1;
        this.#bytes -= data.length;
        this.#options.take(this.#options.codec?.decode(data, 0, data.length), data.length);
      }
      if (this.#over) return;
      if (!this.#ended) return this.#resume();
      if (this.#reader.begun) throw unreadable("it ends in the middle of a message");
      this.#over = true;
      this.#options.ended();
    } catch (error) {
      this.#over = true;
      this.#options.failed(error);
    } finally {
      this.#taking = false;
    }
  }

  #unpacked({ flags, data }: Envelope): Buffer {
    if (flags === 0) return asBuffer(data);
    if (flags !== envelopeFlag.compressed) throw unreadable(`its flags are ${flags}`);
    if (!this.#gzip) throw unreadable("it is packed in a way that was not asked for");
    return decompressed(data, this.#options.limits.messageBytes);
  }

  #pause(): void {
    this.#paused = true;
    this.#options.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#options.resume();
  }
}

function unreadable(rule: string): ReefError {
  return new ReefError("internal", `Cannot read a message of the answer: ${rule}`);
}
