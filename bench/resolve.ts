/** What does it cost to find a service, and does it cost the same among many nodes? */
import { loadQuestion } from "./load-question.ts";
import { peerModules } from "./peer-modules.ts";
import { viewBytes } from "./registry-direct.ts";

const [few, many] = [10, 10_000];

const direct = {
  peer: "reef",
  module: peerModules["registry-direct"],
  method: "resolve",
  bytes: viewBytes,
  transport: "direct",
} as const;

export const question = loadQuestion({
  title: "resolve of a service with one node among 10 others; reef/many: among 10,000",
  concurrency: [1],
  contenders: [
    { ...direct, variant: null, keys: few },
    { ...direct, variant: "many", keys: many },
  ],
  // The same, less what a run differs from the next.
  budgets: [{ kind: "ratio", variant: "many", against: "reef", concurrency: 1, atLeast: 0.85 }],
});
