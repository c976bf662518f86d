/**
 * What a runtime finds that begins: which processes of the runtime before it still live, which of them are wanted, and
 * which are not, because their end was under way or nobody ever wrote down that they are there.
 */
import {
  groupLeaders,
  isAlive,
  processIdentity,
  type ProcessIdentity,
  strayProcesses,
} from "../../../../supervisor/process-identity.ts";
import { joinName } from "./qualified-name.ts";
import { identityOf, type ProcessRecord, type ServiceRecord } from "./service-record.ts";

/** A process of ours, and which start of a service it is. */
export interface FoundProcess extends ProcessIdentity {
  readonly instance: string;
}

export interface Findings {
  /** The present process of a service, where it lives. */
  readonly present: ReadonlyMap<ServiceRecord, FoundProcess>;
  /** Processes of ours that are to end. */
  readonly unwanted: readonly ProcessIdentity[];
  /** Groups of ours that have outlived their leader: it ended while nobody looked, and is to be started anew. */
  readonly strayGroups: readonly number[];
}

interface Seen extends FoundProcess {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Whose processes are looked for. */
export interface FindOptions {
  /** The `REEF_PLATFORM` that they were started with. */
  readonly platform: string;
  /** By `joinName`, services of which nobody knows what is wanted: their processes are nobody's to end. */
  readonly unreadable: ReadonlySet<string>;
}

export function findProcesses(
  records: readonly ServiceRecord[],
  { platform, unreadable }: FindOptions,
): Findings {
  const seen = seenProcesses(platform).filter(
    ({ namespace = "", name = "" }) => !unreadable.has(joinName({ namespace, name })),
  );
  const present = new Map<ServiceRecord, FoundProcess>();
  const ours = new Map<number, ProcessIdentity>(seen.map((each) => [each.pid, each]));
  for (const record of records) {
    for (const each of [...record.others, ...(record.present ? [record.present] : [])]) {
      const found = find(each, seen);
      if (found) ours.set(found.pid, found);
    }
    if (record.killed) continue;
    const found = (record.present && find(record.present, seen)) ?? findUnknown(record, seen);
    if (found) present.set(record, found);
  }
  const wanted = new Set([...present.values()].map(({ pid }) => pid));
  const instances = new Set([...present.values()].map(({ instance }) => instance));
  for (const each of seen) {
    // What a service starts in a group of its own has its variables, and is its own business.
    if (instances.has(each.instance)) ours.delete(each.pid);
  }
  const unwanted = [...ours.values()].filter(({ pid }) => !wanted.has(pid));
  const strayGroups = strayProcesses()
    .filter(({ variable }) => variable("REEF_PLATFORM") === platform)
    .filter(({ variable }) => !instances.has(variable("REEF_INSTANCE") ?? ""))
    .filter(({ variable }) => {
      const [namespace = "", name = ""] = [variable("REEF_NAMESPACE"), variable("REEF_NAME")];
      return !unreadable.has(joinName({ namespace, name }));
    })
    .map(({ group }) => group);
  return { present, unwanted, strayGroups: [...new Set(strayGroups)] };
}

/** By its pid where that was written down in time, else by the instance in its variables. */
function find(record: ProcessRecord, seen: readonly Seen[]): FoundProcess | undefined {
  const identity = identityOf(record);
  const { instance } = record;
  if (identity) return isAlive(identity) ? { ...identity, instance } : undefined;
  return seen.find((each) => each.instance === instance);
}

/** One that was started while the store could not be reached, so that no record knows it. */
function findUnknown(record: ServiceRecord, seen: readonly Seen[]): FoundProcess | undefined {
  const known = new Set([...record.others, record.present].map((each) => each?.instance));
  return seen.find(({ namespace, name, instance }) => {
    return namespace === record.namespace && name === record.name && !known.has(instance);
  });
}

function seenProcesses(platform: string): readonly Seen[] {
  const leaders = groupLeaders().filter(({ pid, variable }) => {
    return pid !== process.pid && variable("REEF_PLATFORM") === platform;
  });
  return leaders.flatMap(({ pid, variable }) => {
    const identity = processIdentity(pid);
    const instance = variable("REEF_INSTANCE");
    // A shell that somebody opened from a service is none of ours, nor is a platform inside of one.
    if (!identity || instance === undefined) return [];
    const [namespace, name] = [variable("REEF_NAMESPACE"), variable("REEF_NAME")];
    return [{ ...identity, instance, namespace, name }];
  });
}
