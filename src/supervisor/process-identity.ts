/**
 * Which process a pid means. A pid alone is not enough to find a child again after a restart of the platform: it is
 * reused, and after a reboot it means anything. A process is its pid, its start time and the boot it belongs to.
 *
 * All of it is synchronous: it must work in an exit handler, and it reads memory of the kernel, not a disk.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; to be compared only. */
  readonly startTime: string;
  /** Opaque; another after each boot. */
  readonly bootId: string;
}

/** The process with this pid, if there is one that lives. One that is only waiting to be reaped (a zombie) does not. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const status = process.platform === "linux" ? statusFromProc(pid) : statusFromPs(pid);
  if (!status || status.isZombie) return undefined;
  return { pid, startTime: status.startTime, bootId: bootId() };
}

/** Whether that very process still lives. */
export function isAlive(known: ProcessIdentity): boolean {
  const now = processIdentity(known.pid);
  return now?.startTime === known.startTime && now.bootId === known.bootId;
}

/** Whether a process of the group lives; zombies do not count, so a process that nobody reaps does not block a restart. */
export function groupLives(group: number): boolean {
  if (!signalGroup(group, 0)) return false;
  const members = process.platform === "linux" ? groupFromProc(group) : groupFromPs(group);
  return members.some(({ isZombie }) => !isZombie);
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

interface ProcessStatus {
  readonly startTime: string;
  readonly isZombie: boolean;
  readonly group: number;
}

/** Fields of `/proc/<pid>/stat` counted from the one after the name, see proc_pid_stat(5). */
const statFields = { state: 0, group: 2, startTime: 19 };

function statusFromProc(pid: number): ProcessStatus | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ESRCH")) return undefined;
    throw error;
  }
  // The name stands in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields[statFields.state] ?? "";
  return {
    startTime: fields[statFields.startTime] ?? "",
    isZombie: state === "Z" || state === "X",
    group: Number(fields[statFields.group]),
  };
}

function groupFromProc(group: number): readonly ProcessStatus[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids
    .map((pid) => statusFromProc(Number(pid)))
    .filter((status): status is ProcessStatus => status?.group === group);
}

function statusFromPs(pid: number): ProcessStatus | undefined {
  return ps("-p", String(pid))[0];
}

function groupFromPs(group: number): readonly ProcessStatus[] {
  return ps("-A").filter((status) => status.group === group);
}

/** Where there is no `/proc` (macOS): state, group and start time, which `ps` tells to the second. */
function ps(...which: readonly string[]): readonly ProcessStatus[] {
  try {
    const text = execFileSync("ps", [...which, "-o", "stat=,pgid=,lstart="], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    return text.split("\n").filter(Boolean).map(parsePsLine);
  } catch (error) {
    // `ps` ends with 1 when there is no such process.
    if (error instanceof Error && "status" in error && error.status === 1) return [];
    throw error;
  }
}

function parsePsLine(line: string): ProcessStatus {
  const [state = "", group = "", ...startTime] = line.trim().split(/\s+/);
  return {
    startTime: startTime.join(" "),
    isZombie: state.startsWith("Z"),
    group: Number(group),
  };
}

function bootId(): string {
  if (process.platform === "linux") {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  }
  return execFileSync("sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" }).trim();
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
