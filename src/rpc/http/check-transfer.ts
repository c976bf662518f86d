/** The one way in which the end of a body may be said beside its length: everybody reads it alike. */
import { refusal } from "./problem.ts";

/** @throws {ReefError} `unsupported_encoding`, `bad_request` */
export function checkTransfer(coding: string | undefined, httpVersionMinor: number): void {
  if (coding === undefined) return;
  // RFC 9112, 6.1: an HTTP/1.0 server before us would not have seen where this message ends.
  if (httpVersionMinor === 0) {
    throw refusal("bad_request", "Cannot read the body: HTTP/1.0 has no Transfer-Encoding");
  }
  if (coding.toLowerCase() === "chunked") return;
  throw refusal(
    "unsupported_encoding",
    `Cannot read the body: Transfer-Encoding must be chunked, it is ${JSON.stringify(coding)}`,
  );
}
