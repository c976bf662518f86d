/** What does a JSON call from outside cost? HTTP in, the native wire out; CPU time is without the service behind. */
import { loadQuestion } from "./load-question.ts";
import { peerModules } from "./peer-modules.ts";
import { helloBytes } from "./work.ts";

const http = { method: "hello", bytes: helloBytes, variant: null, transport: "http" } as const;

export const question = loadQuestion({
  title: "POST of a small JSON message through a gateway to a service",
  concurrency: [1, 32],
  contenders: [
    { ...http, peer: "reef", module: peerModules["gateway-reef"] },
    { ...http, peer: "node-http", module: peerModules["gateway-plain"] },
  ],
  budgets: [{ kind: "ratio", against: "node-http", concurrency: 32, atLeast: 0.8 }],
});
