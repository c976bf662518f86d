/**
 * The promise of `index.ts` as a contract, so that any language can call it. What may be run, and which errors carry
 * which data, is said here and nowhere else: drivers check what they are given with these types.
 */
import { type Json, t, type Type } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method, stream } from "../../contract/method.ts";
import { createErrorMakers } from "../../contract/typed-error.ts";
import { violationError } from "../../contract/violations.ts";
import numbers from "./contract.numbers.json" with { type: "json" };
import * as limits from "./index.ts";
import type { RunSpec } from "./index.ts";

/** One DNS label, as for services: it is a file name and a word of a command too. */
const name = t.string({ maxLength: 63, pattern: /^[a-z]([a-z0-9-]*[a-z0-9])?$/ });

/** Text that the kernel takes as an argument or a path: it ends at a NUL. */
const text = t.string({ pattern: /^[^\0]*$/ });
const path = t.string({ maxLength: limits.pathLengthMax, pattern: /^\/[^\0]*$/ });
const args = t.list(text, { maxItems: limits.argsMax });
const env = t.map(text);
const port = t.integer({ minimum: 1, maximum: 65_535 });

const readyTimeoutMs = t
  .integer({ minimum: 1, maximum: limits.readyTimeoutMsMax })
  .default(limits.readyTimeoutDefaultMs)
  .describe("How long to wait for a ready node; give the call itself a little longer");

/** What is started. */
const programFields = {
  source: path.optional().describe("Absolute path of a program for Node, or of a folder with one"),
  command: t
    .list(text, { minItems: 1, maxItems: limits.argsMax })
    .optional()
    .describe("Instead of a source: any program, with its first arguments"),
  folder: path.optional().describe("Where a command is started"),
  contract: t.json().optional().describe("What a command answers over HTTP"),
  port: port.optional().describe("Of a command, for those outside"),
  readiness: t
    .string({ maxLength: limits.pathLengthMax, pattern: /^(port|started|\/[^\0]*)$/ })
    .optional()
    .describe("When a command is ready: port, started, or a path to GET"),
};

export const RunSpecType = t.object({
  ...programFields,
  name: name.optional().describe("By default the name of the file or the folder"),
  args: args.default([]),
  env: env.default({}),
  lasts: t
    .enum(["until-killed", "until-closed"])
    .default("until-killed")
    .describe("Whether it is desired when the runtime was closed and is opened again"),
});

const ChangesType = t.object({ ...programFields, args: args.optional(), env: env.optional() });

const ServiceStatusType = t.object({
  name,
  source: t.string(),
  state: t.enum(["starting", "ready", "backing-off", "stopping", "stopped", "failed"]),
  instance: t.string().optional(),
  pid: t.integer().optional(),
  restarts: t.integer(),
  startedAt: t.timestamp().optional(),
  lastError: t.string().optional(),
  log: t.string(),
});

export const ListOptionsType = t.object({
  limit: t.integer({ minimum: 1, maximum: limits.listLimitMax }).default(limits.listLimitDefault),
  cursor: t.string().optional(),
});

export const LogScopeType = t.object({
  name: t.string().optional(),
  tail: t.integer({ minimum: 0, maximum: limits.tailMax }).optional(),
  since: t.timestamp().optional(),
  follow: t.boolean().default(false),
});

/** The end of its output, and the file with all of it. */
const failedStart = t.object({ name, log: t.string(), output: t.list(t.string()) });
const no_program = {
  code: "not_found",
  description: "There is no such program",
  data: t.object({ source: t.string(), lookedFor: t.list(t.string()) }),
} as const;
const already_running = {
  code: "already_exists",
  description: "A service of this name is running",
  data: t.object({ name, source: t.string() }),
} as const;
const not_running = {
  code: "not_found",
  description: "No service of this name is running",
  data: t.object({ name: t.string(), running: t.list(t.string()) }),
} as const;
const not_built = {
  code: "failed_precondition",
  description: "The program cannot be built, or is not valid",
  data: t.object({ name, output: t.list(t.string()) }),
} as const;
/** Of every method that starts a program. */
const startErrors = {
  no_program,
  crashed: {
    code: "failed_precondition",
    description: "The program ended before it was ready",
    data: failedStart,
  },
  not_ready: {
    code: "deadline_exceeded",
    description: "The program was not ready in time",
    data: failedStart,
  },
} as const;

export const RuntimeContract = contract(
  "runtime",
  {
    run: method({
      description: "Runs a program under a name and waits until it is ready",
      input: t.object({
        spec: RunSpecType,
        existing: t
          .enum(["refuse", "replace"])
          .default("refuse")
          .describe("What becomes of a service that has the name"),
        readyTimeoutMs,
      }),
      output: ServiceStatusType,
      errors: { ...startErrors, already_running, not_built },
    }),
    update: method({
      description: "Replaces the process of a service without failing a call",
      input: t.object({ name: t.string(), changes: ChangesType, readyTimeoutMs }),
      output: ServiceStatusType,
      errors: { ...startErrors, not_running, not_built },
    }),
    restart: method({
      description: "Stops the process of a service and starts another",
      input: t.object({ name: t.string(), readyTimeoutMs }),
      output: ServiceStatusType,
      errors: { ...startErrors, not_running },
    }),
    // Any name may be asked for: one that nothing could be run under is not running.
    kill: method({
      description: "Stops a service and forgets it; its log stays",
      input: t.object({ name: t.string() }),
      errors: { not_running },
    }),
    list: method({
      description: "One page of the services that are desired, sorted by name",
      input: ListOptionsType,
      output: t.object({ items: t.list(ServiceStatusType), cursor: t.string().optional() }),
      idempotent: true,
    }),
    logs: method({
      description: "Lines of output, oldest first",
      input: LogScopeType,
      output: stream(t.object({ name, text: t.string(), at: t.timestamp() })),
      errors: { not_running },
      idempotent: true,
    }),
  },
  { version: "1.0.0", description: "Runs services as processes and keeps them running", numbers },
);

/** What to run, checked, with its defaults. @throws {ReefError} `invalid_argument` */
export function parseRunSpec(given: RunSpec) {
  const subject = `the service "${given.name ?? given.source ?? given.command?.join(" ")}"`;
  const { contract: promise, ...rest } = given;
  // A descriptor is plain JSON, which its own type does not say; what else it is, is for whoever calls by it.
  const value = { ...rest, ...(promise && { contract: promise as object as Json }) };
  const { contract: _, ...spec } = parseInput(RunSpecType, value, subject);
  return { ...spec, ...(promise && { contract: promise }) };
}

/** What `parseRunSpec` gives. */
export type ParsedSpec = ReturnType<typeof parseRunSpec>;

/** @throws {ReefError} `invalid_argument` */
export function parseNamespace(given: string): string {
  return parseInput(name, given, `the namespace "${given}"`);
}

/** The typed errors of the runtime, for drivers to throw. */
export const runtimeErrors = {
  ...createErrorMakers(RuntimeContract.name, RuntimeContract.methods.run.errors),
  ...createErrorMakers(RuntimeContract.name, RuntimeContract.methods.update.errors),
};

/** A checked copy with defaults. @throws {ReefError} `invalid_argument` with every rule that it breaks */
export function parseInput<In, Out>(type: Type<In, Out>, value: In, subject: string): Out {
  const result = type["~standard"].validate(value);
  if (result.issues) throw violationError(subject, result.issues);
  return result.value;
}
