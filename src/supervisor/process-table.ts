/**
 * Reading the table of processes: from `/proc` where there is one, else from `ps`. Synchronous, because it must work in
 * an exit handler; `/proc` is memory of the kernel and not a disk.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { bootIdOf } from "../core/boot-clock.ts";

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
  /** The leaders of groups, with what they were started with; those that we may not look at are left out. */
  leaders(): readonly Leader[];
  /** Those of a group whose leader has ended; those that we may not look at are left out. */
  strays(): readonly Stray[];
}

/** The process that a group is named after. */
export interface Leader {
  readonly pid: number;
  /** The value of a variable that it was started with. */
  variable(name: string): string | undefined;
}

/** A process that has outlived the one that its group is named after. */
export interface Stray extends Leader {
  readonly group: number;
}

export const procTable: ProcessTable = {
  status: statusFromProc,
  group(group) {
    return pidsFromProc()
      .map((pid) => statusFromProc(pid))
      .filter((status): status is ProcessStatus => status?.group === group);
  },
  leaders() {
    const leaders = pidsFromProc().filter((pid) => statusFromProc(pid)?.group === pid);
    return leaders.flatMap((pid) => leaderFromProc(pid) ?? []);
  },
  strays() {
    const members = pidsFromProc().flatMap((pid) => {
      const status = statusFromProc(pid);
      return status && !status.isZombie ? [{ pid, group: status.group }] : [];
    });
    return withoutLeader(members).flatMap(({ pid, group }) => {
      const stray = leaderFromProc(pid);
      return stray ? [{ ...stray, group }] : [];
    });
  },
  bootId: bootIdOf,
};

/** Where there is no `/proc` (macOS): state, group and start time, which `ps` tells to the second. */
export const psTable: ProcessTable = {
  status: (pid) => ps("-p", String(pid))[0],
  group: (group) => ps("-A").filter((status) => status.group === group),
  leaders: () => psMembers().filter(({ pid, group }) => pid === group),
  strays: () => withoutLeader(psMembers()),
  bootId: bootIdOf,
};

function withoutLeader<M extends { readonly pid: number; readonly group: number }>(
  members: readonly M[],
): readonly M[] {
  const living = new Set(members.map(({ pid }) => pid));
  return members.filter(({ group }) => !living.has(group));
}

function pidsFromProc(): readonly number[] {
  const names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return names.map(Number);
}

function leaderFromProc(pid: number): Leader | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    // It has ended, or is somebody else's.
    return undefined;
  }
  const variables = text.split("\0").map((each) => Buffer.from(each, "latin1").toString());
  return {
    pid,
    variable: (name) =>
      variables.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1),
  };
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

function ps(...which: readonly string[]): readonly ProcessStatus[] {
  return psText(...which, "-o", "stat=,pgid=,lstart=").map(parsePsLine);
}

function psText(...args: readonly string[]): readonly string[] {
  try {
    const text = execFileSync("ps", args, {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: psBytesMax,
    });
    return text.split("\n").filter(Boolean);
  } catch (error) {
    // `ps` ends with 1 when there is no such process.
    if (error instanceof Error && "status" in error && error.status === 1) return [];
    throw error;
  }
}

/** The command lines and variables of all processes of a busy machine, several times. */
const psBytesMax = 64 * 1024 * 1024;

/** `ps` writes the variables behind the command, with blanks between them: values with a blank are cut. */
function parseMember(line: string): Stray {
  const [pid = "", group = ""] = line.trim().split(/\s+/, 2);
  const variable = (name: string) => new RegExp(`\\s${name}=(\\S*)`).exec(line)?.[1];
  return { pid: Number(pid), group: Number(group), variable };
}

function psMembers(): readonly Stray[] {
  return psText("-A", "-Eww", "-o", "pid=,pgid=,command=").map(parseMember);
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
