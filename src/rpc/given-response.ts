/** What a handler says beside its answer, and what of it is still to be sent. */
import { answerHeaders } from "./answer-headers.ts";
import type { Metadata } from "./metadata.ts";

/** What goes beside the messages of an answer. Names and values as in metadata. */
export interface ResponseOptions {
  /** Sent before the first message of a stream: to be set before a handler first waits for anything. */
  readonly headers: { [name: string]: string };
  /** Sent with the outcome, good or bad. */
  readonly trailers: { [name: string]: string };
  /** Compresses messages for a caller over gRPC or Connect that can read them so. @default false */
  compress: boolean;
}

/** What came beside an answer. */
export interface Beside {
  readonly headers?: Metadata | undefined;
  readonly trailers?: Metadata | undefined;
}

/** What is due: before answers the headers, with the outcome whatever is left. */
export type Spoken = "before answers" | "with the outcome";

/** Made when a handler first asks for it, which most never do. */
export class GivenResponse implements ResponseOptions {
  readonly headers: { [name: string]: string } = {};
  readonly trailers: { [name: string]: string } = {};
  compress = false;
  #headersLeft = false;

  /**
   * Copies of what is due, headers only once.
   * @throws {ReefError} `invalid_argument` for what some way of calling could not carry: all carry the same
   */
  take(spoken: Spoken): Beside {
    const headers = this.#headersLeft ? undefined : checked(this.headers);
    const trailers = spoken === "with the outcome" ? checked(this.trailers) : undefined;
    this.#headersLeft = true;
    return { headers, trailers };
  }

  /** They cannot be sent, which is the outcome: nothing of it goes with that. */
  forget(): void {
    for (const each of [this.headers, this.trailers]) {
      for (const name of Object.keys(each)) delete each[name];
    }
  }
}

function checked(metadata: Metadata): Metadata | undefined {
  if (Object.keys(metadata).length === 0) return undefined;
  answerHeaders(metadata);
  return { ...metadata };
}
