/**
 * The one path of a request, made once and used by whatever matches, checks or forwards.
 *
 * Gateways were broken by two readings of one path (`/a/..%2fadmin`, `/%61dmin`, `//admin`, `/admin;x`): the rule was
 * checked on one and the call made with the other. So a path is decoded exactly once, and one that could be read in a
 * second way is refused rather than repaired. Case matters; nothing is folded or normalised.
 * Seen in: CVE-2025-32431, GHSA-gm3x-23wp-hc2c (Traefik), CVE-2021-29492 (Envoy), CVE-2026-27587 (Caddy).
 */
import { refusal } from "../../rpc/http/problem.ts";

export interface CanonicalPath {
  /** Decoded, `/greeter/hello`. No segment holds a slash, so splitting it gives the segments. */
  readonly path: string;
  /** What is behind the question mark, as it came; absent when there is none. */
  readonly query: string | undefined;
}

/**
 * Reads a request target.
 * @throws {ReefError} `bad_path`, `target_too_long`
 */
export function canonicalPath(target: string, options: { bytesMax: number }): CanonicalPath {
  if (target.length > options.bytesMax) {
    throw refusal(
      "target_too_long",
      `Cannot read the path: the limit is ${options.bytesMax} bytes, these are ${target.length}`,
    );
  }
  const mark = target.indexOf("?");
  const raw = mark === -1 ? target : target.slice(0, mark);
  const encoded = checkRaw(raw);
  const path = encoded ? decode(raw) : raw;
  checkDots(path);
  return { path, query: mark === -1 ? undefined : checkQuery(target.slice(mark + 1)) };
}

const slash = 0x2f;
const percent = 0x25;

/** Goes over the characters as they were sent; true when some are percent-encoded. */
function checkRaw(raw: string): boolean {
  if (raw.charCodeAt(0) !== slash) throw bad("it does not start with a slash");
  let encoded = false;
  for (let index = 1; index < raw.length; index++) {
    const code = raw.charCodeAt(index);
    if (code === slash) {
      if (raw.charCodeAt(index - 1) === slash) throw bad("a segment is empty");
    } else if (code === percent) {
      encoded = true;
    } else if (!isPlain(code)) {
      throw bad(`${JSON.stringify(raw[index])} is not allowed in it`);
    }
  }
  if (raw.length > 1 && raw.endsWith("/")) throw bad("it ends with a slash");
  return encoded;
}

/** RFC 3986 `pchar` without `;`, which some servers cut off together with what follows it. */
function isPlain(code: number): boolean {
  if (code >= 0x61 && code <= 0x7a) return true;
  if (code >= 0x30 && code <= 0x39) return true;
  if (code >= 0x40 && code <= 0x5a) return true;
  return pathMarks.includes(String.fromCharCode(code));
}

const pathMarks = "-._~!$&'()*+,=:";

function decode(raw: string): string {
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch (cause) {
    throw bad("its percent-encoding is not UTF-8", { cause });
  }
  // As many slashes as before: one that was encoded would make a segment that nobody sent.
  if (count(path, "/") !== count(raw, "/")) throw bad("a slash is encoded in it");
  const found = ambiguous.exec(path);
  if (found) throw bad(`${JSON.stringify(found[0])} is encoded in it`);
  return path;
}

/** Encoded, these mean something to one reader and nothing to the next; a percent sign would be decoded again. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const ambiguous = /[\u0000-\u001f\u007f-\u009f\\;?#%]/u;

function checkDots(path: string): void {
  if (!path.includes("/.")) return;
  for (const segment of path.split("/")) {
    if (segment === "." || segment === "..") throw bad("a segment is a dot or two");
  }
}

function checkQuery(query: string): string {
  // Node's parser lets a fragment through, which no client sends.
  if (query.includes("#")) throw bad('"#" is not allowed in it');
  return query;
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) found++;
  return found;
}

function bad(rule: string, options?: { cause: unknown }): Error {
  return refusal("bad_path", `Cannot read the path: ${rule}`, options);
}
