/**
 * Text as bytes and bytes as text, on Node and where there is no Node: contracts are read in browsers too. Node's own
 * functions are several times faster than those that every platform has, so they are used where they are.
 */

/** What `Buffer` calls after it has looked at its arguments; the published types lack it. */
interface FastSlices {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  utf8Write(this: Uint8Array, text: string, at: number, length: number): number;
  base64Slice(this: Uint8Array, start: number, end: number): string;
}

/** Node's; absent in a browser, whatever the types say. */
const node: typeof Buffer | undefined = globalThis.Buffer;

// Those are there since Node's first days, and half of its own methods stand on them.
const slices = node?.prototype as (Buffer & FastSlices) | undefined;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The text of `bytes[start, end)`; what is no UTF-8 becomes U+FFFD. */
export const textOfUtf8: (bytes: Uint8Array, start: number, end: number) => string = slices
  ? (bytes, start, end) => slices.utf8Slice.call(bytes, start, end)
  : (bytes, start, end) => decoder.decode(bytes.subarray(start, end));

/** Writes text as UTF-8 from `at` on, where there must be room for it; how many bytes it was. */
export const writeUtf8: (text: string, bytes: Uint8Array, at: number) => number = slices
  ? (text, bytes, at) => slices.utf8Write.call(bytes, text, at, bytes.length - at)
  : (text, bytes, at) => encoder.encodeInto(text, bytes.subarray(at)).written;

/** Memory that many small copies share: memory of its own would be most of what a copy costs. */
const poolBytes = 65_536;
/** Larger copies would waste too much of it, and keep too much of it alive. */
const pooledMax = 4_096;
/** Up to here a loop is over before a call of the engine has begun. */
const loopedMax = 32;

let pool = new ArrayBuffer(poolBytes);
let pooled = 0;

/** A copy of `bytes[start, end)`. */
export function copySlice(bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  const length = end - start;
  if (length > pooledMax) return new Uint8Array(bytes.subarray(start, end));
  if (pooled + length > poolBytes) {
    pool = new ArrayBuffer(poolBytes);
    pooled = 0;
  }
  const copy = new Uint8Array(pool, pooled, length);
  pooled += length;
  if (length > loopedMax) copy.set(new Uint8Array(bytes.buffer, bytes.byteOffset + start, length));
  // It is before the end.
  else for (let at = 0; at < length; at++) copy[at] = bytes[start + at]!;
  return copy;
}

/** Memory with anything in it. */
export const unsetBytes: (length: number) => Uint8Array = node
  ? (length) => node.allocUnsafe(length)
  : (length) => new Uint8Array(length);

export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return copySlice(bytes, 0, bytes.length);
}

/** How many bytes the text has as UTF-8. */
export const utf8Length: (text: string) => number = node
  ? (text) => node.byteLength(text)
  : (text) => encoder.encode(text).length;

/** Standard base64, padded. */
export const base64OfBytes: (bytes: Uint8Array) => string = slices
  ? (bytes) => slices.base64Slice.call(bytes, 0, bytes.length)
  : encodeBase64;

/** The bytes of standard or URL-safe base64, padded or not; undefined when no bytes are written like that. */
export const bytesOfBase64: (text: string) => Uint8Array | undefined = node
  ? (text) => {
      // A view of the pool of Node's buffers, as all small buffers are: memory of its own is most of what a message
      // costs.
      const { buffer, byteOffset, length } = node.from(text, "base64");
      return new Uint8Array(buffer, byteOffset, length);
    }
  : decodeBase64;

/** `String.fromCharCode` takes as many arguments as the stack has room for; this many fit everywhere. */
const charsMax = 8_192;

/** What is done where there is no Node. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let start = 0; start < bytes.length; start += charsMax) {
    binary += String.fromCharCode(...bytes.subarray(start, start + charsMax));
  }
  return btoa(binary);
}

/** What is done where there is no Node. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    // A length that no bytes have is the only thing that is refused here.
    return undefined;
  }
}
