/** What a call says of itself in the headers of its request. docs/foreign-programs.md promises these names. */
import type { OutgoingHttpHeaders } from "node:http";

import { ReefError } from "../../core/errors.ts";
import { type ClientCall, returnsStream } from "../client-call.ts";
import { encodeMetadata } from "../metadata.ts";

/** Whole milliseconds that are left for the call when it is sent; not there for a stream without a limit. */
export const timeoutHeader = "x-timeout-ms";

/** Metadata as one JSON object of strings, in ASCII: a header carries nothing else safely. */
export const metadataHeader = "x-reef-metadata";

/** Whose authority a request has, and on whose behalf it is, as the platform says; from nobody else it is passed on. */
export const callerHeader = "x-reef-caller";
export const subjectHeader = "x-reef-subject";

/** @throws {ReefError} `invalid_argument` for metadata that is none, or more than `metadataBytesMax` */
export function headersOf(
  call: ClientCall,
  body: Buffer,
  metadataBytesMax: number,
): OutgoingHttpHeaders {
  const { remainingMs, identity, subject = identity } = call;
  return {
    "content-type": "application/json",
    "content-length": body.length,
    accept: returnsStream(call.method.kind) ? streamTypes : "application/json",
    traceparent: call.trace.traceparent,
    // Bound to this program, which may check it with the public keys of auth, and can do nothing else with it.
    ...(identity && {
      authorization: `Bearer ${identity.token}`,
      [callerHeader]: identity.account,
    }),
    ...(subject && { [subjectHeader]: subject.account }),
    ...(remainingMs !== Infinity && { [timeoutHeader]: Math.max(1, Math.ceil(remainingMs)) }),
    ...(call.metadata && { [metadataHeader]: asciiMetadata(call.metadata, metadataBytesMax) }),
  };
}

const streamTypes = "application/x-ndjson, text/event-stream";

function asciiMetadata(metadata: { readonly [name: string]: string }, bytesMax: number): string {
  const text = encodeMetadata(metadata).replaceAll(/[\u007f-\uffff]/g, escaped);
  if (text.length <= bytesMax) return text;
  throw new ReefError(
    "invalid_argument",
    `Cannot send metadata: the limit over HTTP is ${bytesMax} bytes, these are ${text.length}`,
    { maybeExecuted: false },
  );
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
