/**
 * Calls of Connect that only read, as GET: the message is in the query, so that caches may keep the answer.
 * Source: https://connectrpc.com/docs/protocol#unary-get-request
 */
import { ReefError } from "../../core/errors.ts";
import { type Terms, termsOf } from "./dialect.ts";
import { unknownEncoding } from "./grpc-dialect.ts";
import { decompressed } from "./message-bytes.ts";

export interface ConnectGet {
  readonly terms: Terms;
  readonly message: Buffer;
}

/**
 * Undefined for a query that is none of Connect's.
 * @throws {ReefError} for one that cannot be read
 */
export function readConnectGet(query: string, messageBytesMax: number): ConnectGet | undefined {
  const fields = new URLSearchParams(query);
  const encoding = fields.get("encoding");
  const text = fields.get("message");
  if (encoding === null || text === null) return undefined;
  const terms = termsOf(`application/${encoding}`);
  if (!terms || terms.dialect.enveloped) {
    throw unreadable(`encoding is ${JSON.stringify(encoding.slice(0, 40))}`);
  }
  const message = Buffer.from(text, fields.get("base64") === "1" ? "base64url" : "utf8");
  const compression = fields.get("compression") ?? "identity";
  if (compression === "identity") return { terms, message };
  if (compression !== "gzip") throw unknownEncoding(compression);
  return { terms, message: decompressed(message, messageBytesMax) };
}

function unreadable(rule: string): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot read the query: ${rule}; it must be proto or json`,
    { maybeExecuted: false },
  );
}
