/** What does it cost to know who calls, and to ask for each call whether that one may, in a namespace of its own? */
import { loadQuestion } from "./load-question.ts";
import { peerModules } from "./peer-modules.ts";
import { helloBytes } from "./work.ts";

const small = { method: "hello", bytes: helloBytes, transport: "tcp" } as const;
const against = "reef-without";

export const question = loadQuestion({
  title: "one small unary call, two processes, with identity and without",
  concurrency: [1, 32, 256],
  contenders: [
    { ...small, peer: "reef", variant: "known", module: peerModules["reef-known"] },
    { ...small, peer: "reef", variant: "users", module: peerModules["reef-known"] },
    { ...small, peer: against, variant: null, module: peerModules.reef },
  ],
  budgets: [32, 256].flatMap((concurrency) =>
    ["known", "users"].map((variant) => {
      return { kind: "ratio", variant, against, concurrency, atLeast: 0.9 } as const;
    }),
  ),
});
