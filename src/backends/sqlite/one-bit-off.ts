/** Tells a frame of the log that a disk has damaged from one that was never written whole. */
import { addUp, type Frame, sameSum, type Sum } from "./log-frames.ts";

/**
 * Whether the frame was whole before one of its bits flipped, `before` being the sum of the frame before it. What a
 * power failure leaves of a frame has other bytes by the hundred, and no single bit makes its sum of 64 bits right.
 */
export function isOneBitOff(frame: Frame, before: Sum, salts: bigint): boolean {
  const { storedSum, words } = frame;
  const sum = addUp(before, words);
  const wrongSalts = bitsIn(frame.salts ^ salts);
  if (sameSum(sum, storedSum)) return wrongSalts === 1;
  if (wrongSalts > 0) return false;
  const wrongSum =
    bitsIn(bits(sum.first ^ storedSum.first)) + bitsIn(bits(sum.second ^ storedSum.second));
  return (
    wrongSum === 1 ||
    hasBit(words, { first: storedSum.first - sum.first, second: storedSum.second - sum.second })
  );
}

/**
 * Looks for the bit by whose flip the sum differs by so much. Sums are linear: a word that is greater by one makes the
 * sum greater by a number that its place alone decides, which is found from the last pair of words to the first.
 */
function hasBit(words: Uint32Array, difference: Sum): boolean {
  let even: Sum = { first: 1, second: 1 };
  let odd: Sum = { first: 0, second: 1 };
  for (let at = words.length - 2; at >= 0; at -= 2) {
    // Both are there: the words come in pairs.
    if (explains(words[at]!, even, difference) || explains(words[at + 1]!, odd, difference))
      return true;
    [even, odd] = [onePairEarlier(even), onePairEarlier(odd)];
  }
  return false;
}

function explains(word: number, weight: Sum, { first, second }: Sum): boolean {
  for (let bit = 0; bit < 32; bit += 1) {
    const change = (word >>> bit) & 1 ? -(1 << bit) : 1 << bit;
    const isFirst = Math.imul(weight.first, change) === (first | 0);
    if (isFirst && Math.imul(weight.second, change) === (second | 0)) return true;
  }
  return false;
}

function onePairEarlier({ first, second }: Sum): Sum {
  return { first: (first + second) | 0, second: (first + 2 * second) | 0 };
}

function bits(word: number): bigint {
  return BigInt(word >>> 0);
}

function bitsIn(number: bigint): number {
  return number.toString(2).replaceAll("0", "").length;
}
