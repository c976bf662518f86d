/** How a call looks in requests and answers: what the entrance at the other end understands. */
import type { ClientCall, ClientMethod } from "../rpc/client-call.ts";
import type { ReefError } from "../core/errors.ts";
import type { Beside } from "../rpc/given-response.ts";
import type { Metadata } from "../rpc/metadata.ts";

export interface CallForm {
  /** Below the base URL, with a slash at its start. */
  pathOf(method: ClientMethod): string;
  /**
   * What the call says of itself.
   * @throws {ReefError} `invalid_argument`, `unimplemented` for what cannot be said
   */
  headersOf(call: ClientCall): Record<string, string>;
  /** The one message of a caller, as the whole body. */
  whole(method: ClientMethod, input: unknown): string | Uint8Array<ArrayBuffer>;
  /** One of the messages of a caller that streams them. */
  part(method: ClientMethod, input: unknown): Uint8Array<ArrayBuffer>;
  /** What is no success, as the error that the caller gets; undefined for a success. */
  failureOf(method: ClientMethod, response: Response): Promise<ReefError | undefined>;
  /**
   * The one answer.
   * @throws {ReefError} `internal` when it cannot be read; whatever else its sender says in it
   */
  answer(method: ClientMethod, response: Response): Promise<unknown>;
  /**
   * The answers of a stream, each with its size.
   * @throws {ReefError} with which the stream ends
   */
  answers(method: ClientMethod, response: Response): AsyncIterable<StreamAnswer | StreamTrailers>;
  /** What is said beside the answers. */
  besideOf(response: Response): Beside;
}

export interface StreamAnswer {
  readonly value: unknown;
  readonly bytes: number;
}

/** Comes after the last answer, before the end or the error. */
export interface StreamTrailers {
  readonly trailers: Metadata;
}

/** What a caller may be made to hold: one message, as on the native wire. */
export const messageBytesMax = 4_194_304;
