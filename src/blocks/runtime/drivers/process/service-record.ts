/** What is written down of a desired service: enough for another runtime to find its process, or to start it anew. */
import { t } from "../../../../contract/builder.ts";
import type { OutputOf } from "../../../../contract/standard-schema.ts";
import type { ProcessIdentity } from "../../../../supervisor/process-identity.ts";
import { type ParsedSpec, parseInput, RunSpecType } from "../../contract.ts";

/** One process of it. Written before it is started: without a pid it may be there or not. */
const ProcessRecordType = t.object({
  /** It is in the variables of the process, by which one without a pid is found. */
  instance: t.string(),
  startedAt: t.timestamp(),
  /** What only this start was given, see `Program.prepare`. */
  variables: t.map(t.string()).default({}),
  pid: t.integer().optional(),
  startTime: t.string().optional(),
  bootId: t.string().optional(),
});

const ServiceRecordType = t.object({
  namespace: t.string(),
  name: t.string(),
  spec: RunSpecType,
  /** Whether any start of it was ever ready: what never was is not started again by itself. */
  proven: t.boolean(),
  starts: t.integer(),
  /** The contracts that it served last, for callers to wait for. */
  serves: t.list(t.string()),
  /** Somebody wants it gone, and its process may still be there. */
  killed: t.boolean().default(false),
  present: ProcessRecordType.optional(),
  /** Those that are to end, or become the present one by an update: whoever finds them here ends them. */
  others: t.list(ProcessRecordType).default([]),
  /** Sockets of one of its processes that an update has put aside, see `held-sockets.ts`. */
  held: t.object({ instance: t.string(), paths: t.list(t.string()) }).optional(),
});

export type ProcessRecord = OutputOf<typeof ProcessRecordType>;

type Written = OutputOf<typeof ServiceRecordType>;

export type ServiceRecord = Omit<Written, "spec" | "held"> & {
  readonly spec: ParsedSpec;
  readonly held?: Written["held"] | undefined;
};

export function formatRecord(record: ServiceRecord): string {
  return JSON.stringify(record);
}

/** @throws {ReefError} `invalid_argument` for what is no record */
export function parseRecord(text: string): ServiceRecord {
  const json = JSON.parse(text) as { startedAt: string; present?: object; others?: object[] };
  const revive = (each: object) => ({
    ...each,
    startedAt: new Date(String(Reflect.get(each, "startedAt"))),
  });
  const value: unknown = {
    ...json,
    ...(json.present && { present: revive(json.present) }),
    ...(json.others && { others: json.others.map(revive) }),
  };
  // What it is, is found out right here.
  const record = parseInput(ServiceRecordType, value as never, "this record of a service");
  // The contract in it is what `parseRunSpec` was given.
  return record as object as ServiceRecord;
}

/** Which process it was; undefined when nobody wrote that down in time. */
export function identityOf(record: ProcessRecord): ProcessIdentity | undefined {
  const { pid, startTime, bootId } = record;
  if (pid === undefined || startTime === undefined || bootId === undefined) return undefined;
  return { pid, startTime, bootId };
}
