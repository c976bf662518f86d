/** The few forms of ASN.1 in DER that a certificate is written in: https://www.itu.int/rec/T-REC-X.690 */

const tags = { integer: 0x02, bits: 0x03, bytes: 0x04, id: 0x06, text: 0x0c, time: 0x18 } as const;
const sequenceTag = 0x30;
const setTag = 0x31;

/** A value with its tag and its length. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(sequenceTag, ...parts);
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return tagged(setTag, ...parts);
}

/** Never negative: a zero stands before what would look so. */
export function integer(bytes: Uint8Array): Buffer {
  const isNegative = (bytes[0] ?? 0) >= 0x80;
  return tagged(tags.integer, isNegative ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

export function octets(bytes: Uint8Array): Buffer {
  return tagged(tags.bytes, bytes);
}

/** @param unused bits at the end that mean nothing */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return tagged(tags.bits, Buffer.from([unused]), bytes);
}

export function utf8(text: string): Buffer {
  return tagged(tags.text, Buffer.from(text));
}

export function yes(): Buffer {
  return Buffer.from([0x01, 0x01, 0xff]);
}

/** As certificates write it: UTCTime up to 2049, which RFC 5280 demands, GeneralizedTime from then on. */
export function time(at: Date): Buffer {
  const digits = at
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:T]/g, "");
  const utcTime = 0x17;
  return at.getUTCFullYear() < 2050
    ? tagged(utcTime, Buffer.from(digits.slice(2)))
    : tagged(tags.time, Buffer.from(digits));
}

/** An object identifier, `2.5.29.17`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(tags.id, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) {
    digits.unshift((left % 128) + 128);
  }
  return digits;
}

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const digits: number[] = [];
  for (let left = bytes; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return Buffer.from([0x80 + digits.length, ...digits]);
}
