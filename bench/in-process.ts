/** What does a call cost that stays in its process? The contract holds there too: copies, checks, deadline, context. */
import { loadQuestion } from "./load-question.ts";
import { peerModules } from "./peer-modules.ts";
import { helloBytes } from "./work.ts";

const direct = {
  method: "hello",
  bytes: helloBytes,
  variant: null,
  transport: "direct",
} as const;

export const question = loadQuestion({
  title: "one small unary call in one process",
  concurrency: [1],
  contenders: [
    { ...direct, peer: "reef", module: peerModules["reef-direct"] },
    { ...direct, peer: "plain-function", module: peerModules["plain-function"] },
  ],
  budgets: [{ kind: "call_us", below: 2 }],
});
