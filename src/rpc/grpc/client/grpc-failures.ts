/** How calls over gRPC fail, in the words that callers read. */
import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";

import { type Code, ReefError } from "../../../core/errors.ts";
import type { ClientCall } from "../../client-call.ts";
import { base64Bytes } from "../../header-metadata.ts";
import {
  codeOfHttpStatus,
  codeOfStatusNumber,
  decodeStatusMessage,
  statusOk,
} from "../grpc-status.ts";
import { decodeStatusDetails, statusDetailsHeader } from "../status-details.ts";

/** What is no answer of gRPC: somebody between, or another kind of server, has given it. */
export function failureOfHead(
  { method }: ClientCall,
  head: IncomingHttpHeaders & IncomingHttpStatusHeader,
): ReefError | undefined {
  const status = head[":status"] ?? 0;
  const type = head["content-type"] ?? "";
  if (status === 200 && type.startsWith("application/grpc")) return undefined;
  if (head["grpc-status"] !== undefined) return undefined;
  const text = `${method.service}/${method.name} answered with HTTP ${status} and ${JSON.stringify(type)}, which is not gRPC`;
  return new ReefError(status === 200 ? "unknown" : codeOfHttpStatus(status), text);
}

/** The error that the trailers tell; undefined for success. */
export function failureOfStatus(
  { method }: ClientCall,
  trailers: IncomingHttpHeaders,
): ReefError | undefined {
  const status = Number(trailers["grpc-status"] ?? Number.NaN);
  if (status === statusOk) return undefined;
  const text = one(trailers["grpc-message"]);
  const message = text === undefined ? "No message" : decodeStatusMessage(text);
  const details = detailsOf(one(trailers[statusDetailsHeader]));
  return decodeStatusDetails(codeOfStatusNumber(status) ?? "unknown", message, details, method);
}

/** The stream has ended without a status. */
export function failureOfReset(
  { method }: ClientCall,
  stream: ClientHttp2Stream,
  connection: ReefError | undefined,
): ReefError {
  const name = `${method.service}/${method.name}`;
  const { rstCode = constants.NGHTTP2_NO_ERROR } = stream;
  if (stream.pending || rstCode === constants.NGHTTP2_REFUSED_STREAM) {
    const text = `Cannot call ${name}: the far side has not taken the call`;
    return new ReefError("unavailable", text, { cause: connection, maybeExecuted: false });
  }
  if (connection) {
    const text = `The connection was lost before the answer of ${name} was complete`;
    return new ReefError("unavailable", text, { cause: connection });
  }
  if (rstCode === constants.NGHTTP2_NO_ERROR) {
    return new ReefError("internal", `The answer of ${name} ended without a status`);
  }
  const code = codesOfResets[rstCode] ?? "internal";
  return new ReefError(code, `${name} broke its answer off, with the code ${rstCode} of HTTP/2`);
}

/** Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors */
const codesOfResets: { readonly [rstCode: number]: Code } = {
  [constants.NGHTTP2_CANCEL]: "cancelled",
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: "resource_exhausted",
  [constants.NGHTTP2_INADEQUATE_SECURITY]: "permission_denied",
};

function one(value: string | string[] | undefined): string | undefined {
  return typeof value === "object" ? value[0] : value;
}

function detailsOf(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  try {
    return base64Bytes(text);
  } catch {
    // Beside the point of the error, which stays what its code says.
    return undefined;
  }
}
