/** The forms of their own that proto3 JSON has for some messages: times, durations, masks of fields. */
import { nanosOf } from "./precise-date.ts";
import type { ObjectShape } from "./shape.ts";

/** RFC 3339 with as many digits as are needed, in threes. */
export function protoDateText(date: Date): string {
  const nanos = (((date.getTime() % 1_000) + 1_000) % 1_000) * 1_000_000 + nanosOf(date);
  return `${date.toISOString().slice(0, 19)}${fractionText(nanos)}Z`;
}

/** What each is called where something else is given. */
export const wellKnownWords: { readonly [kind in WellKnown]: string } = {
  duration: "a duration of up to ten thousand years such as 1.5s",
  field_mask: "names of fields in camelCase with commas between them",
  any: 'an object with "@type"',
};

type WellKnown = NonNullable<ObjectShape["wellKnown"]>;

/** Why these fields are none that JSON has a form for; undefined when they are. */
export function wellKnownProblem(
  kind: WellKnown,
  { seconds = 0n, nanos = 0, paths = [] }: Record<string, unknown>,
): string | undefined {
  if (kind === "any") return undefined;
  if (kind === "field_mask") {
    const isRight = Array.isArray(paths) && paths.every((path) => isMaskPath(path));
    return isRight ? undefined : "must have names of fields in snake_case that camelCase can say";
  }
  const isRight = typeof seconds === "bigint" && typeof nanos === "number";
  if (isRight && isDuration(seconds, nanos)) return undefined;
  return `must be ${wellKnownWords.duration}, with seconds and nanos of one sign`;
}

/** `1.5s` of a duration, `a,bC` of a field mask, for which there is no problem. */
export function writeWellKnown(
  kind: Exclude<WellKnown, "any">,
  { seconds = 0n, nanos = 0, paths = [] }: Record<string, unknown>,
): string {
  // They were seen to be of these types.
  if (kind === "field_mask") return (paths as string[]).map(camelCase).join(",");
  const fraction = fractionText(Math.abs(nanos as number));
  const sign = (seconds as bigint) < 0n || (nanos as number) < 0 ? "-" : "";
  return `${sign}${String(seconds).replace("-", "")}${fraction}s`;
}

/** The message of such a text; the text itself when it is none, for the schema to name. */
export function wellKnownOfText(kind: WellKnown | undefined, text: string): unknown {
  if (kind === "field_mask") {
    // It would come back as another text.
    if (text.includes("_")) return text;
    return { paths: text === "" ? [] : text.split(",").map(snakeCase) };
  }
  const [, sign = "", whole = "", fraction = ""] = duration.exec(text) ?? [];
  if (kind !== "duration" || whole === "") return text;
  const digits = Number(fraction.padEnd(9, "0"));
  const nanos = sign === "-" && digits !== 0 ? -digits : digits;
  const seconds = BigInt(`${sign}${whole}`);
  return isDuration(seconds, nanos) ? { seconds, nanos } : text;
}

/** Both of one sign, and no more than protobuf allows. */
function isDuration(seconds: bigint, nanos: number): boolean {
  if (seconds > durationSecondsMax || seconds < -durationSecondsMax) return false;
  if (!Number.isInteger(nanos) || Math.abs(nanos) > 999_999_999) return false;
  return nanos === 0 || seconds === 0n || nanos > 0 === seconds > 0n;
}

/** Ten thousand years. */
const durationSecondsMax = 315_576_000_000n;
const duration = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/u;

function fractionText(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  return `.${digits.replace(/(?:000){1,2}$/u, "")}`;
}

/** Whether a path of camelCase is this path again when it is read. */
function isMaskPath(path: unknown): boolean {
  return typeof path === "string" && !/[A-Z,]|_(?![a-z])/u.test(path);
}

function camelCase(path: string): string {
  return path.replace(/_([a-z])/gu, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(path: string): string {
  return path.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}
