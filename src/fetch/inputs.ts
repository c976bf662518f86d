/**
 * The messages of a caller that streams them, as the body of a request: sent as they come where `fetch` can do that, or
 * kept until the last one where it cannot.
 */
import { ReefError } from "../core/errors.ts";
import { messageBytesMax } from "./call-form.ts";

export interface InputsOptions {
  readonly encode: (input: unknown) => Uint8Array<ArrayBuffer>;
  /** The caller's own iterable failed, or gave what cannot be sent. */
  readonly failed: (error: unknown) => void;
}

export class Inputs {
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  readonly #options: InputsOptions;
  #over = false;
  #failed = false;

  constructor(source: AsyncIterable<unknown> | Iterable<unknown>, options: InputsOptions) {
    this.#iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#options = options;
  }

  /** One message is asked for when the one before has gone. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream(
      {
        pull: async (controller) => {
          const part = await this.#next();
          if (part) controller.enqueue(part);
          else controller.close();
        },
        cancel: () => this.stop(),
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * All of them; undefined when they failed.
   * @throws {ReefError} `resource_exhausted` (never executed) for more than one message may have
   */
  async whole(): Promise<Blob | undefined> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- each is made when it is asked for
      const part = await this.#next();
      if (this.#failed) return undefined;
      if (!part) return new Blob(parts);
      parts.push(part);
      bytes += part.length;
      if (bytes <= messageBytesMax) continue;
      this.stop();
      throw tooMuch();
    }
  }

  /** Nobody reads any more; how the clean-up of the iterable ends changes nothing. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    void (async () => this.#iterator.return?.())().catch(ignoreLate);
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#over) return undefined;
    try {
      const { value, done } = await this.#iterator.next();
      if (!done && !this.#over) return this.#options.encode(value);
      this.#over = true;
    } catch (error) {
      this.stop();
      this.#failed = true;
      this.#options.failed(error);
    }
    return undefined;
  }
}

function ignoreLate(): void {}

/**
 * Whether `fetch` sends a body while it is being made. Browsers do that over HTTP/2 only, and fail over all else, so
 * there it is not tried unless somebody says so.
 */
export function streamsBodies(): boolean {
  if ("document" in globalThis || "WorkerGlobalScope" in globalThis) return false;
  let asked = false;
  const { headers } = new Request("http://localhost", {
    method: "POST",
    body: new ReadableStream(),
    get duplex() {
      asked = true;
      return "half" as const;
    },
  });
  // A platform that knows no such bodies sends the text "[object ReadableStream]".
  return asked && !headers.has("content-type");
}

function tooMuch(): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot send these messages: fetch keeps them here until the last one, and the limit is ${messageBytesMax} bytes; ` +
      "use a WebSocket, or fewer",
    { maybeExecuted: false },
  );
}
