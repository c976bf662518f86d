/**
 * Headers on their way through: what belongs to one connection stays there, and what says where a request came from is
 * said by us alone.
 */
import type { IncomingMessage } from "node:http";
import { callerHeader, subjectHeader } from "../headers.ts";

/** Of one connection. https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Naming one of them in `Connection` does not make it one of the connection: a body without its length would be read as
 * the next request.
 */
const ofMessage: ReadonlySet<string> = new Set(["content-length", "host"]);

/** A client could write anything into them. */
const ofProxies: ReadonlySet<string> = new Set([
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-prefix",
  "x-forwarded-proto",
  "x-real-ip",
  callerHeader,
  subjectHeader,
]);

/** What an entrance says of a request. */
export interface Entered {
  /** What was taken off the path in front, for programs that write links. */
  readonly prefix?: string | undefined;
  /** The account of whoever asks, when it was proven to the entrance. What proved it stays there. */
  readonly caller?: string | undefined;
}

/** Names and values in turn, for a program. Framing is ours: the body's length stays what it was. */
export function requestHeaders(request: IncomingMessage, { prefix, caller }: Entered): string[] {
  const { headers, rawHeaders, socket } = request;
  const kept = passedOn(rawHeaders, headers.connection, (name) => {
    if (ofProxies.has(name)) return false;
    // Whoever waits for "100 Continue" got it from us.
    return name !== "expect" && (caller === undefined || name !== "authorization");
  });
  if (caller !== undefined) kept.push(callerHeader, caller, subjectHeader, caller);
  kept.push("x-forwarded-for", socket.remoteAddress ?? "unknown");
  // What comes out of a handshake says so.
  kept.push("x-forwarded-proto", "encrypted" in socket ? "https" : "http");
  if (headers.host !== undefined) kept.push("x-forwarded-host", headers.host);
  if (prefix !== undefined) kept.push("x-forwarded-prefix", prefix);
  if (headers["transfer-encoding"] !== undefined) kept.push("transfer-encoding", "chunked");
  else if (headers["content-length"] === undefined && !bodiless.has(request.method ?? "")) {
    kept.push("content-length", "0");
  }
  return kept;
}

/** Names and values in turn, for the client. */
export function answerHeaders({ headers, rawHeaders }: IncomingMessage): string[] {
  return passedOn(rawHeaders, headers.connection, () => true);
}

/** What a program says beside its status; nothing when it could not be written again. */
export function statusTextOf({ statusMessage = "" }: IncomingMessage): string {
  return /^[\t\x20-\x7e]*$/.test(statusMessage) ? statusMessage : "";
}

/** Methods for which a missing length is taken for none. */
const bodiless: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS"]);

function passedOn(
  raw: readonly string[],
  connection: string | undefined,
  wanted: (name: string) => boolean,
): string[] {
  const named = new Set(connection?.toLowerCase().split(/[\s,]+/));
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const lower = name.toLowerCase();
    if (ofConnection.has(lower) || !wanted(lower)) continue;
    if (named.has(lower) && !ofMessage.has(lower)) continue;
    kept.push(name, raw[index + 1] ?? "");
  }
  return kept;
}
