/**
 * Calls of Connect with one answer: plain requests, their body the message, their errors JSON under a status of HTTP.
 * Source: https://connectrpc.com/docs/protocol#unary-rpcs
 */
import { connectTimeoutMs } from "./connect-stream.ts";
import type { Dialect } from "./dialect.ts";
import type { AnswerHeaders } from "./exchange.ts";
import { answerHeaders } from "../answer-headers.ts";
import { connectHttpStatus } from "./grpc-status.ts";
import { toConnectError } from "./status-details.ts";

export const connectUnary: Dialect = {
  enveloped: false,
  encodingHeader: "content-encoding",
  acceptHeader: "accept-encoding",
  timeoutMs: connectTimeoutMs,

  end({ exchange, terms, head, last, error, known, response }) {
    const headers = { ...head.headers(), ...(response && trailing(response.trailers)) };
    const body = error
      ? Buffer.from(JSON.stringify(toConnectError(error, { known, codec: terms.codec })))
      : last;
    if (error) {
      headers[":status"] = connectHttpStatus[error.code];
      headers["content-type"] = "application/json";
      delete headers["content-encoding"];
    }
    exchange.answer({ ...headers, "content-length": body?.length ?? 0 }, body);
  },
};

/** What follows the answer elsewhere precedes it here. */
function trailing(trailers: { readonly [name: string]: string }): AnswerHeaders {
  const headers = Object.entries(answerHeaders(trailers));
  return Object.fromEntries(headers.map(([name, value]) => [`trailer-${name}`, value]));
}
