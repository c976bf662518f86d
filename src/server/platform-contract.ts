/** What the platform says about itself: the contract behind `reef status`. */
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method } from "../contract/method.ts";
import numbers from "./platform-contract.numbers.json" with { type: "json" };

const Part = t.object({
  name: t.string().describe("store, registry, auth, control, runtime, gateway, proxy, ports"),
  status: t
    .string()
    .describe(
      "As the supervisor has it: ready, waiting, starting, restarting, paused, failed ...; of a part in a process " +
        "of its own: ready, away, left-out (never there, and nothing needs it)",
    ),
  place: t
    .string()
    .describe("Where it runs: in the platform, or in a process of its own (reef service)"),
  pid: t.int32().optional().describe("Of the process that it runs in, while that is there"),
  starts: t.int32().describe("How often it was started, or found again"),
  survives: t
    .string()
    .optional()
    .describe("What leaves unharmed what it has acknowledged: nothing, process, machine, power"),
  error: t.string().optional().describe("Why it failed last, or is not there"),
});

const Key = t.object({
  id: t
    .string()
    .optional()
    .describe("Of one that signs tokens: as they name it, and `reef auth keys`"),
  since: t.timestamp().describe("Since when it is in use, or is to be"),
  until: t
    .timestamp()
    .optional()
    .describe("When another one takes its place; looked at once an hour"),
});

const Keys = t.object({
  signs: Key.optional().describe("Signs tokens now"),
  next: Key.optional().describe("Published, and signs next"),
  parts: Key.describe("By which parts of the platform know each other"),
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
        proxy: t.string().optional().describe("Where gRPC is answered"),
        keys: Keys.optional().describe("Which are in use, and for how long; never a key"),
        parts: t.list(Part),
      }),
      idempotent: true,
    }),
  },
  { version: "1.1.0", description: "The platform itself", numbers },
);
