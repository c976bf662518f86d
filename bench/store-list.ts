/** What does a page cost, and does it cost the same in a large table? */
import { loadQuestion } from "./load-question.ts";
import { storeContenders } from "./store-contenders.ts";
import type { Contender } from "./side-by-side.ts";

const [small, large] = [1_000, 1_000_000];

export const question = loadQuestion({
  title: "list of 100 entries by prefix out of 1,000; reef/million: out of 1,000,000",
  concurrency: [1, 32, 256],
  contenders: storeContenders("list").flatMap((contender): Contender[] => {
    const own = { ...contender, keys: small };
    const isPlain = contender.peer === "reef" && contender.variant === null;
    return isPlain ? [own, { ...own, variant: "million", keys: large }] : [own];
  }),
  // The same, less what a run differs from the next.
  budgets: [1, 32, 256].map((concurrency) => {
    const same = { kind: "ratio", against: "reef", atLeast: 0.85 } as const;
    return { ...same, variant: "million", concurrency };
  }),
});
