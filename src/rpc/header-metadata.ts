/**
 * Metadata as headers. Ours may be any text; a header carries printable ASCII, so what is not travels together in
 * `reef-metadata-bin`, which only a peer that knows reef reads. Keys that end in `-bin` hold base64, here as there.
 */
import { ReefError } from "../core/errors.ts";
import { type Metadata, metadataNamesMax } from "./metadata.ts";

/** Base64 of a JSON object of strings: what headers of its own cannot carry. */
export const textMetadataHeader = "reef-metadata-bin";

/** Peers take 8 KiB of headers in all, and need some of them for the call itself. */
export const metadataBytesMax = 6_144;

const namePattern = /^[a-z0-9_.-]{1,128}$/;
const asciiPattern = /^[\x20-\x7e]*$/;

/** What belongs to HTTP, to a protocol or to reef, and is nobody's metadata. */
const ownHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "traceparent",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-grpc-web",
  "x-user-agent",
]);

/** Whether a header is metadata of the caller. Names in small letters. */
export function isMetadataName(name: string): boolean {
  if (ownHeaders.has(name) || !namePattern.test(name)) return false;
  return !/^(?:grpc|connect|reef|sec|access-control|http2-settings)(?:-|$)/.test(name);
}

/** The metadata among the headers of a request or an answer; more than the limit of names is left out. */
export function metadataOf(headers: {
  readonly [name: string]: string | readonly string[] | undefined;
}): Metadata {
  const result: { [name: string]: string } = Object.create(null);
  let names = 0;
  for (const name of Object.keys(headers)) {
    if (!isMetadataName(name)) continue;
    const value = headers[name];
    if (value === undefined) continue;
    if ((names += 1) > metadataNamesMax) break;
    result[name] = typeof value === "string" ? value : value.join(", ");
  }
  const text = headers[textMetadataHeader];
  if (typeof text === "string") readTexts(text, result);
  return result;
}

/** A peer's attempt at it that cannot be read carries nothing. */
function readTexts(base64: string, into: { [name: string]: string }): void {
  const texts = parseJson(base64);
  if (typeof texts !== "object" || texts === null) return;
  for (const [name, value] of Object.entries(texts).slice(0, metadataNamesMax)) {
    if (typeof value === "string" && isMetadataName(name)) into[name] = value;
  }
}

function parseJson(base64: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(base64Bytes(base64)));
  } catch {
    return undefined;
  }
}

export interface HeadersOptions {
  /** Which names may be those of headers; the others travel as texts do. @default all */
  readonly mayBeHeader?: (name: string) => boolean;
}

/**
 * Metadata as headers to send.
 * @throws {ReefError} `invalid_argument` for names that headers cannot have or that mean something else there, and for
 *   more than the limits
 */
export function headersOfMetadata(
  metadata: Metadata,
  { mayBeHeader = anyName }: HeadersOptions = {},
): { [name: string]: string } {
  const headers: { [name: string]: string } = {};
  const texts: { [name: string]: string } = Object.create(null);
  let bytes = 0;
  let odd = false;
  const entries = Object.entries(metadata);
  if (entries.length > metadataNamesMax) {
    throw refused(`the limit is ${metadataNamesMax} names, there are ${entries.length}`);
  }
  for (const [name, value] of entries) {
    if (!isMetadataName(name)) throw refused(`"${name}" cannot be the name of a header here`);
    if (typeof value !== "string") throw refused(`the value of "${name}" is not a string`);
    bytes += name.length + value.length;
    const isPlain = asciiPattern.test(value) && value === value.trim() && value !== "";
    if (isPlain && mayBeHeader(name)) headers[name] = value;
    else {
      odd = true;
      texts[name] = value;
    }
  }
  if (odd) {
    headers[textMetadataHeader] = toBase64(new TextEncoder().encode(JSON.stringify(texts)));
    bytes += headers[textMetadataHeader].length;
  }
  if (bytes > metadataBytesMax) {
    throw refused(`the limit in headers is ${metadataBytesMax} bytes, these are ${bytes}`);
  }
  return headers;
}

function anyName(): boolean {
  return true;
}

/** Bytes of a `-bin` header, with or without padding. */
export function base64Bytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
}

/** As `-bin` headers are sent: without padding. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
}

function refused(rule: string): ReefError {
  return new ReefError("invalid_argument", `Cannot send metadata: ${rule}`, {
    maybeExecuted: false,
  });
}
