/** Chance that can be had again: the same seed, the same numbers, on every machine. */

/**
 * Numbers from 0 up to, without, 1. Mulberry32: small, and good enough to pick what a test does next.
 * Source: https://github.com/bryc/code/blob/master/jshash/PRNGs.md
 */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
