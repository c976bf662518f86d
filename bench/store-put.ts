/** How fast is a write that is on disk when it is answered, beside Redis that promises the same? */
import { loadQuestion } from "./load-question.ts";
import { storeContenders } from "./store-contenders.ts";

export const question = loadQuestion({
  title: "put of 100 bytes, on disk before its answer (not reef/memory); CPU without redis-server",
  concurrency: [1, 32, 256],
  contenders: storeContenders("put"),
  budgets: [{ kind: "ratio", against: "redis", concurrency: 256, atLeast: 1 }],
});
