/** The forms of their own that proto3 JSON has for some messages: times, durations, masks of fields. */
import { nanosOf } from "./precise-date.ts";

/** RFC 3339 with as many digits as are needed, in threes. */
export function protoDateText(date: Date): string {
  const nanos = (((date.getTime() % 1_000) + 1_000) % 1_000) * 1_000_000 + nanosOf(date);
  return `${date.toISOString().slice(0, 19)}${fractionText(nanos)}Z`;
}

/** `1.5s` of a duration, `a,bC` of a field mask. */
export function writeWellKnown(
  kind: "duration" | "field_mask",
  value: Record<string, unknown>,
): string {
  if (kind === "field_mask") {
    const { paths } = value;
    return Array.isArray(paths) ? paths.map((path) => camelCase(String(path))).join(",") : "";
  }
  const { seconds = 0n, nanos = 0 } = value;
  const sign = String(seconds).startsWith("-") || Number(nanos) < 0 ? "-" : "";
  const whole = String(seconds).replace("-", "");
  return `${sign}${whole}${fractionText(Math.abs(Number(nanos)))}s`;
}

/** The message of such a text; the text itself when it is none, for the schema to name. */
export function wellKnownOfText(kind: string | undefined, text: string): unknown {
  if (kind === "field_mask") return { paths: text === "" ? [] : text.split(",").map(snakeCase) };
  const [, sign = "", whole = "", fraction = ""] = duration.exec(text) ?? [];
  if (kind !== "duration" || whole === "") return text;
  const nanos = Number(fraction.padEnd(9, "0"));
  return sign === "-"
    ? { seconds: -BigInt(whole), nanos: nanos === 0 ? 0 : -nanos }
    : { seconds: BigInt(whole), nanos };
}

/** Protobuf's durations have 12 digits at most, ten thousand years. */
const duration = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/u;

function fractionText(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  return `.${digits.replace(/(?:000){1,2}$/u, "")}`;
}

function camelCase(path: string): string {
  return path.replace(/_([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(path: string): string {
  return path.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}
