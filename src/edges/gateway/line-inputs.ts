/**
 * A request body as a stream of inputs: one JSON text a line. The body is read as fast as the method takes its inputs,
 * so a slow method slows its sender; what is held is a line that has not ended and what one read brought.
 */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { ReefError } from "../../core/errors.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { readLines } from "../../rpc/http/read-lines.ts";
import { type BodyReading, tooMuchTogether } from "./read-body.ts";

export interface LineInputsOptions extends BodyReading {
  /** Hears what is wrong with the body before the method does, and ends the call with it. */
  readonly refuse: (reason: ReefError) => void;
}

/** By hand around generators, because a method may leave while the next line is waited for. */
export class LineInputs implements AsyncIterableIterator<Buffer, undefined> {
  readonly #options: LineInputsOptions;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #lines: AsyncIterator<Buffer>;
  #heldBytes = 0;
  #waiting = false;
  #over = false;

  constructor(request: IncomingMessage, options: LineInputsOptions) {
    this.#options = options;
    // The limit of a line is kept here, in the words of an HTTP answer.
    this.#lines = readLines(this.#read(), Infinity);
    // A method may answer before it has all its inputs, and then the connection is still needed.
    this.#chunks = request.iterator({ destroyOnReturn: false });
  }

  /** The method wants an input that has not come yet: it is the client's turn. */
  get waiting(): boolean {
    return this.#waiting;
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    try {
      while (!this.#over) {
        const { value: line, done } = await this.#lines.next();
        if (done) break;
        if (!isBlank(line)) return { value: this.#checked(line), done: false };
      }
    } catch (thrown) {
      void this.return();
      if (!(thrown instanceof ReefError)) throw left(thrown);
      this.#options.refuse(thrown);
      throw thrown;
    }
    return this.return();
  }

  return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#over = true;
    this.#hold(0);
    // Whoever throws the rest away is the reader from now on.
    void this.#chunks.return?.().catch(ignoreEnd);
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async *#read(): AsyncGenerator<Buffer, void, undefined> {
    let begun = 0;
    while (!this.#over) {
      this.#waiting = true;
      const { value: chunk, done } = await this.#chunks
        .next()
        .finally(() => (this.#waiting = false));
      if (done) return;
      this.#hold(begun + chunk.length);
      yield chunk;
      const end = chunk.lastIndexOf(lineFeed);
      begun = end === -1 ? begun + chunk.length : chunk.length - end - 1;
      if (begun > this.#options.bodyBytesMax) throw tooLong(this.#options.bodyBytesMax);
      this.#hold(begun);
    }
  }

  #hold(bytes: number): void {
    const { all, own, bodiesBytesMax } = this.#options;
    const more = (this.#over ? 0 : bytes) - this.#heldBytes;
    this.#heldBytes += more;
    all.bodyBytes += more;
    own.bodyBytes += more;
    if (more > 0 && all.bodyBytes > bodiesBytesMax) throw tooMuchTogether(bodiesBytesMax);
  }

  #checked(line: Buffer): Buffer {
    const { bodyBytesMax } = this.#options;
    if (line.length > bodyBytesMax) throw tooLong(bodyBytesMax);
    if (isUtf8(line)) return line;
    throw refusal("bad_request", "Cannot read a line of the body: it is not UTF-8");
  }
}

const lineFeed = 0x0a;

/** White space only: what a sender writes to keep its connection. */
function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** How a body ends that nobody wants any more. */
function ignoreEnd(): void {}

/** The body broke off. */
function left(cause: unknown): ReefError {
  return new ReefError("cancelled", "The client has left", { cause });
}

function tooLong(bytesMax: number): ReefError {
  return refusal("body_too_large", `Cannot take a line: the limit is ${bytesMax} bytes`);
}
