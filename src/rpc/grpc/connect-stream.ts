/**
 * The streams of Connect: messages in envelopes, the last one says in JSON how the call went.
 * Source: https://connectrpc.com/docs/protocol#streaming-rpcs
 */
import type { Metadata } from "../metadata.ts";
import type { Dialect, Ending } from "./dialect.ts";
import { type RequestHeaders, single } from "./exchange.ts";
import { envelope, envelopeFlag } from "./grpc-frames.ts";
import { answerHeaders } from "../answer-headers.ts";
import { parseConnectTimeout } from "./grpc-timeout.ts";
import { toConnectError } from "./status-details.ts";

export const connectStream: Dialect = {
  enveloped: true,
  encodingHeader: "connect-content-encoding",
  acceptHeader: "connect-accept-encoding",
  timeoutMs: connectTimeoutMs,

  end(ending) {
    const { exchange, begun, last } = ending;
    // First: what cannot be sent must be known before the head has left.
    const bytes = endEnvelope(ending);
    if (!begun) exchange.begin(ending.head.headers());
    exchange.end(last ? Buffer.concat([last, bytes]) : bytes);
  },
};

export function connectTimeoutMs(headers: RequestHeaders): number | undefined {
  const text = single(headers, "connect-timeout-ms");
  return text === undefined ? undefined : parseConnectTimeout(text);
}

function endEnvelope({ terms, error, known, response }: Ending): Uint8Array {
  const json = {
    ...(error && { error: toConnectError(error, { known, codec: terms.codec }) }),
    ...(response && { metadata: listed(response.trailers) }),
  };
  return envelope(envelopeFlag.endStream, Buffer.from(JSON.stringify(json)));
}

function listed(trailers: Metadata): { [name: string]: string[] } {
  const headers = Object.entries(answerHeaders(trailers));
  return Object.fromEntries(headers.map(([name, value]) => [name, [value]]));
}
