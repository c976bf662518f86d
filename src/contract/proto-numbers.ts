/** Numbers in the JSON of proto3: in quotes or not, with an exponent or without, and some by name. */

/**
 * A number of up to 64 bits that a JavaScript number holds; everything else stays what it is, for the schema to name.
 */
export function readProtoNumber(value: unknown): unknown {
  if (typeof value === "string") return numberOfText(value) ?? value;
  // JSON has no word for it: it was a number that is beyond 64 bits.
  return value === Infinity || value === -Infinity ? String(value) : value;
}

/** A whole number as a bigint; everything else stays what it is. */
export function readProtoInt64(value: unknown): unknown {
  if (typeof value === "string") return wholeOfText(value) ?? value;
  // A larger one was rounded when the text was parsed: which it was, nobody knows any more.
  return Number.isSafeInteger(value) ? BigInt(value as number) : value;
}

function numberOfText(text: string): number | undefined {
  if (names.has(text)) return Number(text);
  const number = decimal.test(text) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** What JSON has no numbers for. */
const names: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);

/** The lengths end what would otherwise be a long computation on somebody else's behalf. */
const decimal = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,3}))?$/u;

/** Exactly: `9.223372036854775807e18` is the largest of 64 bits, and as a JavaScript number it is another one. */
function wholeOfText(text: string): bigint | undefined {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = decimal.exec(text) ?? [];
  if (whole === "") return undefined;
  const digits = `${whole}${fraction}`;
  const zeros = Number(exponent) - fraction.length;
  if (zeros > digitsMax) return /^0+$/u.test(digits) ? 0n : undefined;
  const shifted = zeros >= 0 ? `${digits}${"0".repeat(zeros)}` : withoutZeros(digits, -zeros);
  return shifted === undefined ? undefined : BigInt(`${sign}0${shifted}`);
}

/** No number of 64 bits has more. */
const digitsMax = 20;

/** The digits before the last ones, which must all be zero. */
function withoutZeros(digits: string, count: number): string | undefined {
  const padded = digits.padStart(count, "0");
  return /^0*$/u.test(padded.slice(padded.length - count)) ? padded.slice(0, -count) : undefined;
}
