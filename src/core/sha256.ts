/**
 * SHA-256 (FIPS 180-4) where there is no `node:crypto`, and at once: what the web has, `crypto.subtle`, answers later
 * and only to pages that came over TLS. Contracts are a few kilobytes and are digested once.
 */

/** The fractions of the cube roots of the first 64 primes, 32 bits of each. */
const rounds = fractions(64, Math.cbrt);

/** The same of the square roots of the first eight. */
const start = fractions(8, Math.sqrt);

const blockBytes = 64;

/** In hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  const padded = pad(bytes);
  const state = Int32Array.from(start);
  const words = new Int32Array(64);
  for (let at = 0; at < padded.byteLength; at += blockBytes) mix(state, words, padded, at);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** The bytes, a one bit, zeros, and the length in bits as the last eight bytes. */
function pad(bytes: Uint8Array): DataView {
  const length = Math.ceil((bytes.length + 9) / blockBytes) * blockBytes;
  const padded = new Uint8Array(length);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(length - 8, BigInt(bytes.length) * 8n);
  return view;
}

/**
 * Written out and without a list for each round: contracts are digested while a program starts, in code that is not yet
 * compiled. All places are inside of their lists.
 */
function mix(state: Int32Array, words: Int32Array, block: DataView, at: number): void {
  for (let i = 0; i < 16; i += 1) words[i] = block.getInt32(at + i * 4);
  for (let i = 16; i < 64; i += 1) {
    const far = words[i - 15]!;
    const near = words[i - 2]!;
    const s0 = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3);
    const s1 = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10);
    words[i] = words[i - 16]! + s0 + words[i - 7]! + s1;
  }
  // Eight words, as `state` has.
  let [a, b, c, d, e, f, g, h] = state as unknown as Eight;
  for (let i = 0; i < 64; i += 1) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + rounds[i]! + words[i]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i] = state[i]! + value;
}

type Eight = [number, number, number, number, number, number, number, number];

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}

/** A double has 52 bits behind the point less those before it: enough for 32 of a small root. */
function fractions(count: number, root: (prime: number) => number): Int32Array {
  const result: number[] = [];
  for (let n = 2; result.length < count; n += 1) {
    if (isPrime(n)) result.push(Math.floor((root(n) % 1) * 4_294_967_296));
  }
  return Int32Array.from(result, (value) => value | 0);
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor += 1) if (n % divisor === 0) return false;
  return true;
}
