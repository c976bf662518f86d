/** Metadata: small text about a call beside its message, for tracing, routing, experiments. Not for data. */
import { ReefError } from "../core/errors.ts";
import { utf8Length } from "../core/text-bytes.ts";
import { headerFieldBytesMax } from "./wire/frames.ts";

/** Names are lower case letters, digits, `-`, `_`, `.`; values are any text. */
export type Metadata = { readonly [name: string]: string };

export const noMetadata: Metadata = Object.freeze({});

/** More names than this are data in disguise. */
export const metadataNamesMax = 64;

const namePattern = /^[a-z0-9_.-]{1,128}$/;

/**
 * Metadata as text.
 * @throws {ReefError} `invalid_argument` for a bad name or more than the limits
 */
export function encodeMetadata(metadata: Metadata): string {
  const names = Object.keys(metadata);
  if (names.length > metadataNamesMax) {
    throw refused(`the limit is ${metadataNamesMax} names, there are ${names.length}`);
  }
  for (const name of names) {
    if (!namePattern.test(name)) {
      throw refused(
        `a name is lower case letters, digits, "-", "_" and ".", this one is "${name}"`,
      );
    }
    if (typeof metadata[name] !== "string") throw refused(`the value of "${name}" is not a string`);
  }
  const text = JSON.stringify(metadata);
  const bytes = utf8Length(text);
  if (bytes > headerFieldBytesMax) {
    throw refused(`the limit is ${headerFieldBytesMax} bytes, these are ${bytes}`);
  }
  return text;
}

/**
 * Reads what a peer sent: whatever is not a string is not metadata.
 * @throws {ReefError} `invalid_argument` when it is not JSON
 */
export function decodeMetadata(text: string): Metadata {
  const parsed = parseJson(text);
  const result: { [name: string]: string } = Object.create(null);
  if (typeof parsed !== "object" || parsed === null) return result;
  for (const [name, value] of Object.entries(parsed).slice(0, metadataNamesMax)) {
    if (typeof value === "string" && namePattern.test(name)) result[name] = value;
  }
  return result;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ReefError("invalid_argument", "Cannot read metadata: it is not JSON", { cause });
  }
}

function refused(rule: string): ReefError {
  return new ReefError("invalid_argument", `Cannot send metadata: ${rule}`, {
    maybeExecuted: false,
  });
}
