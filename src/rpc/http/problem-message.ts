/** A problem as a whole HTTP message, for sockets that have no response: it is the last thing that they say. */
import type { ReefError } from "../../core/errors.ts";
import { problemContentType, problemFrom } from "./problem.ts";

export function problemMessage(error: ReefError, requestId: string): string {
  const { problem } = problemFrom(error, requestId);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `Content-Type: ${problemContentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    "Connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
