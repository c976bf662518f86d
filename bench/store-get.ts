/** How fast is a read of one entry, beside Redis? */
import { loadQuestion } from "./load-question.ts";
import { storeContenders } from "./store-contenders.ts";

export const question = loadQuestion({
  title: "get of 100 bytes out of 10,000 entries; CPU without redis-server",
  concurrency: [1, 32, 256],
  contenders: storeContenders("get"),
  budgets: [{ kind: "ratio", against: "redis", concurrency: 256, atLeast: 0.5 }],
});
