/** The head of the answer to one call: its content type, how it is compressed, metadata, what pages need. */
import type { ServerCall } from "../server-call.ts";
import type { Terms } from "./dialect.ts";
import { type AnswerHeaders, type Exchange, single } from "./exchange.ts";
import { answerHeaders } from "../answer-headers.ts";

export interface AnswerHeadOptions {
  readonly exchange: Exchange;
  readonly terms: Terms;
  readonly pageHeaders: AnswerHeaders | undefined;
}

export class AnswerHead {
  readonly #call: ServerCall;
  readonly #options: AnswerHeadOptions;
  #compresses: boolean | undefined;
  #forgotten = false;

  constructor(call: ServerCall, options: AnswerHeadOptions) {
    this.#call = call;
    this.#options = options;
  }

  /** Whether messages leave compressed: decided once, with the head. */
  get compresses(): boolean {
    return (this.#compresses ??=
      this.#call.givenResponse?.compress === true &&
      accepts(this.#options.exchange, this.#options.terms));
  }

  /**
   * Most calls have the same, which is not made again.
   * @throws {ReefError} `invalid_argument` for metadata that cannot be sent
   */
  headers(): AnswerHeaders {
    const { terms, pageHeaders } = this.#options;
    const given = this.#forgotten ? undefined : this.#call.givenResponse;
    if (!given && !pageHeaders) return terms.head;
    return {
      ...terms.head,
      ...pageHeaders,
      ...(this.compresses && { [terms.dialect.encodingHeader]: "gzip" }),
      ...(given && answerHeaders(given.headers)),
    };
  }

  /** The handler's own headers cannot be sent. */
  forget(): void {
    this.#forgotten = true;
    this.#compresses = false;
  }
}

function accepts({ headers }: Exchange, { dialect }: Terms): boolean {
  const accepted = single(headers, dialect.acceptHeader) ?? "";
  return accepted.split(",").some((each) => each.split(";", 1)[0]?.trim() === "gzip");
}
