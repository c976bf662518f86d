/** What a part in a process of its own says about itself, on its own socket and beside its block. */
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method } from "../contract/method.ts";
import numbers from "./part-contract.numbers.json" with { type: "json" };

export const PartContract = contract(
  "part",
  {
    status: method({
      description: "The process that this part runs in",
      input: t.object({}),
      output: t.object({
        name: t.string(),
        version: t.string().describe("Of reef"),
        pid: t.int32(),
        startedAt: t.timestamp(),
        url: t.string().optional().describe("Where the gateway or the proxy answers"),
      }),
      idempotent: true,
    }),
  },
  { version: "1.0.0", description: "One part of a platform, alone in its process", numbers },
);
