/**
 * What the protocols on the port of a service do differently: names of headers, how an answer ends, what an error looks
 * like. What a call is, and what happens to it, is the same for all (`http-call.ts`).
 */
import type { ReefError } from "../../core/errors.ts";
import type { ResponseOptions } from "../given-response.ts";
import { connectStream } from "./connect-stream.ts";
import { connectUnary } from "./connect-unary.ts";
import type { AnswerHeaders, Exchange, RequestHeaders } from "./exchange.ts";
import { grpc } from "./grpc-dialect.ts";
import { grpcWeb } from "./grpc-web.ts";
import { grpcWebText } from "./grpc-web-text.ts";
import type { KnownErrors } from "./typed-details.ts";

export interface Ending {
  readonly exchange: Exchange;
  readonly terms: Terms;
  /** The head of the answer: what its messages are, metadata, what pages need. */
  readonly head: { headers(): AnswerHeaders };
  /** Whether it has left already. */
  readonly begun: boolean;
  /** The last message, which is the only one of a unary answer, ready to be sent. */
  readonly last?: Uint8Array | undefined;
  readonly error?: ReefError | undefined;
  /** Whose typed errors the caller knows. */
  readonly known?: KnownErrors | undefined;
  readonly response?: ResponseOptions | undefined;
}

export interface Dialect {
  /** Whether messages come in envelopes; without, the body is one message. */
  readonly enveloped: boolean;
  /** Says how messages are compressed, and how they may be. */
  readonly encodingHeader: string;
  readonly acceptHeader: string;
  /** The time limit of a call in milliseconds; undefined for none. */
  timeoutMs(headers: RequestHeaders): number | undefined;
  /** A part of the request, as it was sent; undefined while it takes more to read it. */
  read?(): (chunk: Buffer) => Buffer;
  /** A part of the answer, as it is to be sent. */
  written?(bytes: Uint8Array): Uint8Array;
  end(ending: Ending): void;
}

/** What a request says of itself in verb and content type. */
export interface Terms {
  readonly dialect: Dialect;
  readonly codec: "protobuf" | "json";
  /** Of the answer, too. */
  readonly contentType: string;
  /** The head of an answer about which nothing is special; never changed. */
  readonly head: AnswerHeaders;
}

/** The terms of a POST; undefined for a content type that none of the protocols has. */
export function termsOf(contentType: string | undefined): Terms | undefined {
  if (contentType === undefined) return undefined;
  return (
    termsByType.get(contentType) ??
    termsByType.get((contentType.split(";", 1)[0] ?? "").trim().toLowerCase())
  );
}

const dialects: readonly (readonly [prefix: string, dialect: Dialect])[] = [
  ["application/grpc+", grpc],
  ["application/grpc-web+", grpcWeb],
  ["application/grpc-web-text+", grpcWebText],
  ["application/connect+", connectStream],
  ["application/", connectUnary],
];

const termsByType: ReadonlyMap<string, Terms> = new Map(
  dialects.flatMap(([prefix, dialect]): [string, Terms][] => {
    const all = [
      terms(dialect, "protobuf", `${prefix}proto`),
      terms(dialect, "json", `${prefix}json`),
    ];
    // gRPC's types mean protobuf when they say nothing else, and the answer says what the request said.
    if (prefix.includes("grpc")) all.push(terms(dialect, "protobuf", prefix.slice(0, -1)));
    return all.map((each) => [each.contentType, each]);
  }),
);

function terms(dialect: Dialect, codec: Terms["codec"], contentType: string): Terms {
  const head = Object.freeze({ ":status": 200, "content-type": contentType });
  return { dialect, codec, contentType, head };
}
