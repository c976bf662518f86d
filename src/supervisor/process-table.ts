/**
 * Reading the table of processes: from `/proc` where there is one, else from `ps`. Synchronous, because it must work in
 * an exit handler; `/proc` is memory of the kernel and not a disk.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessStatus {
  readonly startTime: string;
  readonly isZombie: boolean;
  readonly group: number;
}

export interface ProcessTable {
  /** The process with this pid, zombies too. */
  status(pid: number): ProcessStatus | undefined;
  /** The processes of a group, zombies too. */
  group(group: number): readonly ProcessStatus[];
  /** Another after each boot. */
  bootId(): string;
}

export const procTable: ProcessTable = {
  status: statusFromProc,
  group(group) {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids
      .map((pid) => statusFromProc(Number(pid)))
      .filter((status): status is ProcessStatus => status?.group === group);
  },
  bootId: () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
};

/** Where there is no `/proc` (macOS): state, group and start time, which `ps` tells to the second. */
export const psTable: ProcessTable = {
  status: (pid) => ps("-p", String(pid))[0],
  group: (group) => ps("-A").filter((status) => status.group === group),
  bootId: () => execFileSync("sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" }).trim(),
};

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

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
