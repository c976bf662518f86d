/** What the platform says about itself: the contract behind `reef status`. */
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method } from "../contract/method.ts";

const Part = t.object({
  name: t.string().describe("store, control, runtime, gateway"),
  status: t
    .string()
    .describe("As the supervisor has it: ready, starting, restarting, paused, failed ..."),
  starts: t.int32().describe("How often it was started"),
  survives: t
    .string()
    .optional()
    .describe("What leaves unharmed what it has acknowledged: nothing, process, machine, power"),
  error: t.string().optional().describe("Why it failed last"),
});

export const PlatformContract = contract(
  "platform",
  {
    status: method({
      description: "The platform and its parts, as they are now",
      input: t.object({}),
      output: t.object({
        version: t.string(),
        node: t.string().describe("Version of Node.js"),
        pid: t.int32(),
        profile: t.string(),
        startedAt: t.timestamp(),
        state: t.string().describe("The state folder"),
        gateway: t.string().optional().describe("Where HTTP is answered"),
        parts: t.list(Part),
      }),
      idempotent: true,
    }),
  },
  { version: "1.0.0", description: "The platform itself" },
);
