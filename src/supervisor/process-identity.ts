/**
 * Which process a pid means. A pid alone is not enough to find a child again after a restart of the platform: it is
 * reused, and after a reboot it means anything. A process is its pid, its start time and the boot it belongs to.
 */
import { isErrno, type Leader, procTable, psTable, type Stray } from "./process-table.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; to be compared only. */
  readonly startTime: string;
  /** Opaque; another after each boot. */
  readonly bootId: string;
}

const table = process.platform === "linux" ? procTable : psTable;

/** The process with this pid, if there is one that lives. One that is only waiting to be reaped (a zombie) does not. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const status = table.status(pid);
  if (!status || status.isZombie) return undefined;
  return { pid, startTime: status.startTime, bootId: table.bootId() };
}

/** Whether that very process still lives. */
export function isAlive(known: ProcessIdentity): boolean {
  const now = processIdentity(known.pid);
  return now?.startTime === known.startTime && now.bootId === known.bootId;
}

/** The processes that lead a group, with the variables that they were started with; only those that we may look at. */
export function groupLeaders(): readonly Leader[] {
  return table.leaders();
}

/** Those that have outlived the leaders of their groups, likewise. */
export function strayProcesses(): readonly Stray[] {
  return table.strays();
}

/** Whether a process of the group lives. Zombies do not count: one that nobody reaps must not block a restart. */
export function groupLives(group: number): boolean {
  if (!signalGroup(group, 0)) return false;
  return table.group(group).some(({ isZombie }) => !isZombie);
}

/** Sends `signal` to every process of the group (0 only asks); false when there is none. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  // kill(-1) and kill(0) mean "everybody" and "myself": a wrong number here must never get that far.
  if (!Number.isInteger(group) || group <= 1) return false;
  try {
    return process.kill(-group, signal);
  } catch (error) {
    // macOS answers EPERM for a group of which only zombies are left.
    if (isErrno(error, "ESRCH") || isErrno(error, "EPERM")) return false;
    throw error;
  }
}
