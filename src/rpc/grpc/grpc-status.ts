/**
 * Statuses as gRPC and Connect write them. Numbers are gRPC's; texts travel percent-encoded in a header.
 * Sources: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md,
 * https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md, https://connectrpc.com/docs/protocol
 */
import { type Code, codes } from "../../core/errors.ts";

/** `grpc-status` of success. */
export const statusOk = 0;

/** The code of a `grpc-status`; undefined for success and for what is no status. */
export function codeOfStatusNumber(status: number): Code | undefined {
  return codes[status - 1];
}

/**
 * A longer text is cut: peers take 8 KiB of headers in all, and details carry it once more, in base64. Counted as it
 * travels.
 */
export const statusMessageBytesMax = 2_048;

const utf8 = new TextEncoder();

/** A text as `grpc-message`: printable ASCII but `%`, everything else as percent and two digits for each byte. */
export function encodeStatusMessage(text: string): string {
  if (text.length <= statusMessageBytesMax && plain.test(text)) return text;
  let encoded = "";
  for (const character of text) {
    const part = plain.test(character) ? character : percentEncoded(character);
    if (encoded.length + part.length > statusMessageBytesMax) return encoded;
    encoded += part;
  }
  return encoded;
}

/** Whatever cannot be decoded stays as it is: a text is for people, and half of one is better than none. */
export function decodeStatusMessage(text: string): string {
  if (!text.includes("%")) return text;
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    const bytes = run
      .slice(1)
      .split("%")
      .map((digits) => Number.parseInt(digits, 16));
    return lenient.decode(Uint8Array.from(bytes));
  });
}

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** From space to tilde, without the percent sign. */
const plain = /^[ -$&-~]*$/;

function percentEncoded(character: string): string {
  let encoded = "";
  for (const byte of utf8.encode(character)) {
    encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** What an answer of HTTP means that carries no `grpc-status`: somebody between has given it. */
export function codeOfHttpStatus(status: number): Code {
  return httpCodes.get(status) ?? "unknown";
}

const httpCodes: ReadonlyMap<number, Code> = new Map<number, Code>([
  [400, "internal"],
  [401, "unauthenticated"],
  [403, "permission_denied"],
  [404, "unimplemented"],
  [429, "unavailable"],
  [502, "unavailable"],
  [503, "unavailable"],
  [504, "unavailable"],
]);

/** The word of Connect: ours, but for the spelling of one. */
export function connectCode(code: Code): string {
  return code === "cancelled" ? "canceled" : code;
}

/** The code that a word of Connect means; undefined for a word that it does not have. */
export function codeOfConnect(word: unknown): Code | undefined {
  if (word === "canceled") return "cancelled";
  return word === "cancelled" ? undefined : codes.find((code) => code === word);
}

/** The HTTP status of a unary answer of Connect that failed. */
export const connectHttpStatus: { readonly [code in Code]: number } = {
  cancelled: 499,
  unknown: 500,
  invalid_argument: 400,
  deadline_exceeded: 504,
  not_found: 404,
  already_exists: 409,
  permission_denied: 403,
  resource_exhausted: 429,
  failed_precondition: 400,
  aborted: 409,
  out_of_range: 400,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  data_loss: 500,
  unauthenticated: 401,
};
