/** One request of HTTP and its answer, whichever version carries them. */

import type { Visitor } from "../doorkeeper/wrong-tokens.ts";

/** Names in small letters. */
export interface RequestHeaders {
  readonly [name: string]: string | string[] | undefined;
}

/** Of an answer; `:status` is one of them. */
export interface AnswerHeaders {
  [name: string]: string | number;
}

export interface ExchangeReceiver {
  onData(chunk: Buffer): void;
  /** The request is whole. */
  onEnd(): void;
  /** The exchange is over: answered, or one of the two has left. */
  onGone(): void;
}

/** Whoever counts exchanges. */
export interface ExchangeOwner {
  /** Once for each, after its receiver has heard of it; when it was answered, the answer is with the system. */
  onOver(exchange: Exchange): void;
}

export interface Exchange extends Visitor {
  owner: ExchangeOwner | undefined;
  readonly verb: string;
  /** With the query. */
  readonly path: string;
  readonly headers: RequestHeaders;
  /** Whether an answer may end with trailers. */
  readonly trailers: boolean;
  /** It is over before it began: nobody would hear of it any more. */
  readonly isGone: boolean;
  /** To be called at most once, in the turn in which the exchange was made or, unless it `isGone`, later. */
  listen(receiver: ExchangeReceiver): void;
  /** The head of an answer that goes on. */
  begin(head: AnswerHeaders): void;
  /** A part of the answer; a promise when it must be waited for before the next. */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Ends an answer that was begun. What the caller still sends is not read. */
  end(last?: Uint8Array, trailers?: AnswerHeaders): void;
  /** A whole answer at once, which has no trailers. */
  answer(head: AnswerHeaders, body?: Uint8Array): void;
  /** So much of the request, in all, is kept until more of it comes: it counts for its connection. */
  kept(bytes: number): void;
  /** No more of the request is wanted for now. */
  pause(): void;
  resume(): void;
}

/** A header that should be there once; the first where it is not. */
export function single(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value[0] : value;
}
