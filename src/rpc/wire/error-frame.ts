/** Errors as they travel: what `ReefError.toJSON` says, typed data by the shape that its contract gave it. */
import type { ErrorTypes } from "../../contract/method.ts";
import { errorDataFromJson, errorDataToJson } from "../../contract/typed-error.ts";
import { type ErrorData, errorFromData, ReefError } from "../../core/errors.ts";
import { utf8Length } from "../../core/text-bytes.ts";
import { chunkBytes } from "./frames.ts";

/** Whose typed errors are known here. An error of another service that is passed on keeps its data as plain JSON. */
export interface KnownErrors {
  readonly service: string;
  readonly errors: ErrorTypes;
}

/** A longer text is a log that lost its way. */
export const errorTextMax = 8_192;

/**
 * The JSON of an error, short enough for one frame. Data that its shape cannot say, or that makes it longer, is left
 * out rather than lost with the whole error.
 */
export function encodeError(error: ReefError, known?: KnownErrors): string {
  const { data, violations, ...rest } = error.toJSON();
  const bare = { ...rest, message: rest.message.slice(0, errorTextMax) };
  const whole = violations ? { ...bare, violations } : bare;
  const full = () => {
    return data === undefined
      ? whole
      : { ...whole, data: errorDataToJson(typesOf(error, known), error.reason, data) };
  };
  return fitting(full) ?? fitting(() => whole) ?? JSON.stringify(bare);
}

function fitting(make: () => object): string | undefined {
  try {
    const text = JSON.stringify(make());
    return utf8Length(text) <= chunkBytes ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Reads an ERROR payload; whatever it is, the result is an error. */
export function decodeError(text: string, known?: KnownErrors): ReefError {
  try {
    const parsed = JSON.parse(text) as Partial<ErrorData> | null;
    if (typeof parsed !== "object" || parsed === null) throw new TypeError("not an object");
    return errorFromData({
      ...parsed,
      data: errorDataFromJson(typesOf(parsed, known), parsed.reason, parsed.data),
    });
  } catch (cause) {
    return new ReefError("internal", "The far side failed with an error that cannot be read", {
      cause,
    });
  }
}

/** The error as the wire would have delivered it: without cause, and with its own copy of the data. */
export function copyError(error: ReefError, from: KnownErrors, to: KnownErrors): ReefError {
  return decodeError(encodeError(error, from), to);
}

function typesOf({ domain }: Partial<ErrorData>, known: KnownErrors | undefined): ErrorTypes {
  return known && domain === known.service ? known.errors : {};
}
