/**
 * How many messages a second does a service push to a reader, with flow control? Each call is one stream of a thousand.
 */
import { loadQuestion } from "./load-question.ts";
import { peerModules } from "./peer-modules.ts";
import { tickBytes, ticksPerCall } from "./work.ts";

const count = {
  method: "count",
  bytes: tickBytes,
  variant: null,
  transport: "tcp",
  messagesPerCall: ticksPerCall,
} as const;

export const question = loadQuestion({
  title: "messages of server streams, two processes; times are of whole streams",
  concurrency: [1, 8],
  contenders: [
    { ...count, peer: "reef", module: peerModules.reef },
    { ...count, peer: "grpc-js", module: peerModules["grpc-js"] },
  ],
  budgets: [],
});
