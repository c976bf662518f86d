/**
 * What a handler says beside its answer, in an answer over HTTP. Headers stand under their names, trailers under theirs
 * with `trailer-` before it, as in Connect: what follows an answer elsewhere precedes it here.
 */
import { answerHeaders, isReservedInAnswers } from "../answer-headers.ts";
import type { Beside } from "../given-response.ts";
import { metadataOf, textMetadataHeader } from "../header-metadata.ts";
import type { Metadata } from "../metadata.ts";

const trailerPrefix = "trailer-";

/** What the gateway itself says of a request. */
const ownNames: ReadonlySet<string> = new Set(["x-request-id", "x-timeout-ms"]);

/**
 * Other names may mean something to a browser or a proxy one day: they travel together in `reef-metadata-bin`, which
 * only clients of reef read.
 */
function mayBeHeader(name: string): boolean {
  return name.startsWith("x-") && !ownNames.has(name) && !isReservedInAnswers(name);
}

/** Names and values in turn. @throws {ReefError} `invalid_argument` beyond the limits of metadata */
export function besideFields(kind: keyof Beside, metadata: Metadata): string[] {
  const prefix = kind === "trailers" ? trailerPrefix : "";
  const headers = Object.entries(answerHeaders(metadata, { mayBeHeader }));
  return headers.flatMap(([name, value]) => [prefix + name, value]);
}

/** What an answer says beside its body, whatever else stands in its head. */
export function besideOfHead(head: Iterable<readonly [name: string, value: string]>): Beside {
  const headers: Record<string, string> = {};
  const trailers: Record<string, string> = {};
  for (const [field, value] of head) {
    const isTrailer = field.startsWith(trailerPrefix);
    const name = isTrailer ? field.slice(trailerPrefix.length) : field;
    if (!mayBeHeader(name) && name !== textMetadataHeader) continue;
    (isTrailer ? trailers : headers)[name] = value;
  }
  return { headers: filled(headers), trailers: filled(trailers) };
}

function filled(headers: Record<string, string>): Metadata | undefined {
  return Object.keys(headers).length > 0 ? metadataOf(headers) : undefined;
}
