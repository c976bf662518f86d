/**
 * What does it cost to know who calls, and to ask for each call whether that one may, in a namespace of its own that
 * has a quota? Both sides are one program, so that nothing else is compared.
 */
import { loadQuestion } from "./load-question.ts";
import { peerModules } from "./peer-modules.ts";
import { helloBytes } from "./work.ts";

const small = {
  method: "hello",
  bytes: helloBytes,
  transport: "tcp",
  module: peerModules["reef-known"],
} as const;
const against = "reef-without";

export const question = loadQuestion({
  title: "one small unary call by name, two processes, with identity and namespaces and without",
  concurrency: [1, 32, 256],
  contenders: [
    { ...small, peer: "reef", variant: "known" },
    { ...small, peer: against, variant: null },
    { ...small, peer: "reef", variant: "users" },
  ],
  budgets: [32, 256].flatMap((concurrency) =>
    ["known", "users"].map((variant) => {
      return { kind: "ratio", variant, against, concurrency, atLeast: 0.9 } as const;
    }),
  ),
});
