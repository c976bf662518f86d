/** What the fields of a request say, by the rules that HTTP/2 has for them. */
import type { RequestHeaders } from "../grpc/exchange.ts";

export interface RequestHead {
  readonly headers: RequestHeaders;
  readonly verb: string;
  readonly path: string;
  /** What `content-length` promises; -1 when it says nothing. */
  readonly bodyBytes: number;
}

/**
 * Name, value, name, value. Undefined for a request that is malformed: https://www.rfc-editor.org/rfc/rfc9113#section-8
 */
export function readRequestHead(fields: readonly string[]): RequestHead | undefined {
  const headers: MutableHeaders = Object.create(null);
  let isRegular = false;
  for (let at = 0; at < fields.length; at += 2) {
    // Fields come in pairs.
    const name = fields[at] as string;
    const text = fields[at + 1] as string;
    if (!fieldValue.test(text)) return undefined;
    if (name.startsWith(":")) {
      if (isRegular || !pseudo.has(name) || headers[name] !== undefined) return undefined;
      headers[name] = text;
    } else {
      isRegular = true;
      const value = withoutSpace(text);
      if (!fieldName.test(name) || isForbidden(name, value)) return undefined;
      if (headers[name] === undefined) headers[name] = name === "set-cookie" ? [value] : value;
      else if (!addValue(headers, name, value)) return undefined;
    }
  }
  return headOf(headers);
}

/** Whether fields may come behind the body. They are read for the connection's sake, and nobody asks for them. */
export function isTrailers(fields: readonly string[]): boolean {
  for (let at = 0; at < fields.length; at += 2) {
    // Fields come in pairs.
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    if (!fieldName.test(name) || !fieldValue.test(value) || isForbidden(name, value)) return false;
  }
  return true;
}

interface MutableHeaders {
  [name: string]: string | string[] | undefined;
}

const pseudo: ReadonlySet<string> = new Set([":method", ":scheme", ":authority", ":path"]);

const fieldName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/** What speaks of a connection of HTTP/1.1: in HTTP/2 it is how requests are smuggled. */
const ofConnections: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Of which the first counts when there are more, as Node has it. `authorization` is none of them: two become one that
 * is nobody's, so that no proxy in front has looked at one and we at the other.
 */
const once: ReadonlySet<string> = new Set([
  "access-control-request-method",
  "content-encoding",
  "content-language",
  "content-location",
  "content-md5",
  "content-range",
  "content-type",
  "date",
  "dnt",
  "expires",
  "from",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "max-forwards",
  "proxy-authorization",
  "range",
  "referer",
  "tk",
  "upgrade-insecure-requests",
  "user-agent",
]);

/** Printable. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * RFC 9113 (8.2.1) calls space at the ends malformed; but callers of gRPC send metadata as they have it, and its
 * specification lets a server strip it. Not by an expression, which would look at a long space again for each of it.
 */
function withoutSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return end - start === text.length ? text : text.slice(start, end);
}

function isSpace(char: number): boolean {
  return char === 0x20 || char === 0x09;
}

function isForbidden(name: string, value: string): boolean {
  if (name === "te") return value.toLowerCase() !== "trailers";
  return ofConnections.has(name);
}

/** A header that was there already; false when that must not be. */
function addValue(headers: MutableHeaders, name: string, value: string): boolean {
  if (name === "content-length" || name === "host") return false;
  if (once.has(name)) return true;
  const known = headers[name];
  if (typeof known === "object") known.push(value);
  else headers[name] = `${known}${name === "cookie" ? "; " : ", "}${value}`;
  return true;
}

function headOf(headers: MutableHeaders): RequestHead | undefined {
  // Pseudo-headers and `host` come once.
  const verb = headers[":method"] as string | undefined;
  const path = headers[":path"] as string | undefined;
  const scheme = headers[":scheme"] as string | undefined;
  const authority = (headers[":authority"] ?? headers["host"]) as string | undefined;
  const bodyBytes = lengthOf(headers["content-length"]);
  if (!verb || !token.test(verb) || bodyBytes === undefined) return undefined;
  // It is what the guard against pages of other sites goes by.
  if (!authority || !authorityText.test(authority)) return undefined;
  if (verb === "CONNECT") {
    if (path !== undefined || scheme !== undefined) return undefined;
    return { headers, verb, path: "", bodyBytes };
  }
  if (!path || !scheme || !schemeText.test(scheme) || !isPath(path, verb)) return undefined;
  return { headers, verb, path, bodyBytes };
}

const token = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

const schemeText = /^[A-Za-z][A-Za-z0-9+.-]*$/;

/** A host and a port, without the user that RFC 9113 forbids. */
const authorityText = /^[A-Za-z0-9._~%!$&'()*+,;=:[\]-]+$/;

/** A space in it would end it on its way through HTTP/1.1. */
const pathText = /^\/[\x21-\x7e\x80-\xff]*$/;

function isPath(path: string, verb: string): boolean {
  return pathText.test(path) || (path === "*" && verb === "OPTIONS");
}

/** -1 for none, undefined for what is no length. */
function lengthOf(text: string | string[] | undefined): number | undefined {
  if (text === undefined) return -1;
  return typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
