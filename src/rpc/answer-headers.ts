/** What a handler says beside its answer, as headers: one rule for every way of calling. */
import { ReefError } from "../core/errors.ts";
import { headersOfMetadata, type HeadersOptions } from "./header-metadata.ts";
import type { Metadata } from "./metadata.ts";

/**
 * What tells browsers, caches and proxies something. All services of a platform share an origin, so a handler that sets
 * a cookie or a policy sets it for all of them.
 */
const reserved: ReadonlySet<string> = new Set([
  "accept-ch",
  "accept-ranges",
  "age",
  "allow",
  "alt-svc",
  "authorization",
  "cache-control",
  "clear-site-data",
  "cookie",
  "etag",
  "expires",
  "last-modified",
  "link",
  "location",
  "nel",
  "origin-agent-cluster",
  "pragma",
  "referrer-policy",
  "refresh",
  "report-to",
  "reporting-endpoints",
  "retry-after",
  "server",
  "service-worker-allowed",
  "sourcemap",
  "speculation-rules",
  "status",
  "strict-transport-security",
  "timing-allow-origin",
  "vary",
  "via",
  "warning",
  "www-authenticate",
  "x-content-type-options",
  "x-frame-options",
  "x-powered-by",
  "x-real-ip",
  "x-robots-tag",
  "x-sendfile",
  "x-ua-compatible",
  "x-xss-protection",
]);

const reservedPattern =
  /^(?:content|cross-origin|proxy|set|trailer|x-accel|x-forwarded|x-permitted)-|-policy(?:-report-only)?$/;

/** Whether no handler may say something by this name. */
export function isReservedInAnswers(name: string): boolean {
  return reserved.has(name) || reservedPattern.test(name);
}

/**
 * Headers, or trailers, of an answer.
 * @throws {ReefError} `invalid_argument` for names that mean something else, and for more than the limits of metadata
 */
export function answerHeaders(
  metadata: Metadata,
  options?: HeadersOptions,
): { [name: string]: string } {
  for (const name of Object.keys(metadata)) {
    if (!isReservedInAnswers(name)) continue;
    throw new ReefError(
      "invalid_argument",
      `Cannot send metadata: "${name}" means something to browsers, caches or proxies; choose another name, such as "x-${name}"`,
      { maybeExecuted: false },
    );
  }
  return headersOfMetadata(metadata, options);
}
