/** gRPC itself: over HTTP/2, the status in trailers. */
import { grpcStatus, ReefError } from "../../core/errors.ts";
import type { Dialect, Ending } from "./dialect.ts";
import { type AnswerHeaders, type RequestHeaders, single } from "./exchange.ts";
import { answerHeaders } from "../answer-headers.ts";
import { toBase64 } from "../header-metadata.ts";
import { encodeStatusMessage, statusOk } from "./grpc-status.ts";
import { parseGrpcTimeout } from "./grpc-timeout.ts";
import { encodeStatusDetails, statusDetailsHeader } from "./status-details.ts";

export const grpc: Dialect = {
  enveloped: true,
  encodingHeader: "grpc-encoding",
  acceptHeader: "grpc-accept-encoding",
  timeoutMs: grpcTimeoutMs,

  end(ending) {
    const { exchange, begun, last, error } = ending;
    const trailers = trailersOf(ending);
    // What goes before an answer and what goes after it stay two things, also where there is none.
    if (begun || !error || saysBefore(ending)) {
      if (!begun) exchange.begin(ending.head.headers());
      exchange.end(last, trailers);
    } else {
      exchange.answer({ ...ending.head.headers(), ...trailers });
    }
  },
};

function saysBefore({ response }: Ending): boolean {
  return response !== undefined && Object.keys(response.headers).length > 0;
}

export function grpcTimeoutMs(headers: RequestHeaders): number | undefined {
  const text = single(headers, "grpc-timeout");
  return text === undefined ? undefined : parseGrpcTimeout(text);
}

/** Of a call that went well and says nothing more; never changed. */
const okTrailers: AnswerHeaders = Object.freeze({ "grpc-status": String(statusOk) });

/** The status of a call, and what its handler adds. */
export function trailersOf({ terms, error, known, response }: Ending): AnswerHeaders {
  const added = response && answerHeaders(response.trailers);
  if (!error) return added ? { ...added, ...okTrailers } : okTrailers;
  const details = encodeStatusDetails(error, { known, codec: terms.codec });
  return {
    ...added,
    "grpc-status": String(grpcStatus(error.code)),
    "grpc-message": encodeStatusMessage(error.message),
    ...(details && { [statusDetailsHeader]: toBase64(details) }),
  };
}

/** What a message says that is compressed in a way that nobody agreed on. */
export function unknownEncoding(encoding: string): ReefError {
  return new ReefError(
    "unimplemented",
    `Cannot read messages in ${JSON.stringify(encoding)}: this node knows gzip and identity`,
    { maybeExecuted: false },
  );
}
