/**
 * A process as a child of a supervisor: started in a group of its own, and over only when the whole group is.
 *
 * Its output goes to files and never to pipes: a process that writes to a pipe dies with the platform that reads it,
 * but services go on when the platform is killed. The group sees to it that what the process starts ends with it.
 */
import { spawn } from "node:child_process";
import { open, stat } from "node:fs/promises";
import { type Clock, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { ChildSpec } from "./child.ts";
import { GroupStop } from "./group-stop.ts";
import type { ProcessGroups } from "./process-groups.ts";
import { processIdentity, type ProcessIdentity } from "./process-identity.ts";

/** A path is appended to and made with mode 0600; a number is an open file descriptor, which stays open. */
export type OutputTarget = string | number;

export interface ProcessExit {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether we told it to end. */
  readonly asked: boolean;
}

/** The program, its surroundings, and how long it has to stop. */
export interface ProcessChildOptions {
  readonly command: string;
  /** @default [] */
  readonly args?: readonly string[];
  readonly cwd: string;
  /** Exactly these; nothing is inherited, so that no secret of the platform is. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputTarget;
  readonly stderr: OutputTarget;
  /** Where the group is noted as long as it lives, see `ProcessGroups.killAll`. */
  readonly groups: ProcessGroups;
  /**
   * From SIGTERM to SIGKILL; a function is asked when it is to stop. Keep it below the child's `stopTimeoutMs`. @default
   * 3_000
   */
  readonly stopGraceMs?: number | (() => number);
  /** Called when the process runs; with it, it can be found again by a platform that restarted. */
  readonly onSpawn?: (identity: ProcessIdentity) => void;
  /** Resolves when the process can serve; `signal` fires when it is over or is to stop. @default it can at once */
  readonly readiness?: (info: {
    readonly pid: number;
    readonly signal: AbortSignal;
  }) => Promise<void>;
  /** Called when the process has ended, before its group is cleared. */
  readonly onExit?: (exit: ProcessExit) => void;
  /** @default systemClock */
  readonly clock?: Clock;
}

/**
 * The `run` of a child that is a process. It resolves when the process ended with code 0, or at all after we told it
 * to; otherwise it rejects with `unavailable`, whose `data` is the `ProcessExit`, or with what `readiness` threw. What
 * cannot be started rejects with `failed_precondition`.
 */
export function processChild(options: ProcessChildOptions): ChildSpec["run"] {
  const { groups, readiness, onExit } = options;
  const { stopGraceMs = 3_000, clock = systemClock } = options;
  const graceMs = () => (typeof stopGraceMs === "number" ? stopGraceMs : stopGraceMs());
  return async ({ signal, ready }) => {
    if (signal.aborted) return;
    const { pid, exited } = await spawnGroup(options);
    const over = new AbortController();
    const group = new GroupStop(pid, { groups, graceMs, clock, signal });
    const onStop = () => over.abort();
    signal.addEventListener("abort", onStop, { once: true });
    if (signal.aborted) onStop();
    let notReady: { readonly why: unknown } | undefined;
    Promise.try(() => readiness?.({ pid, signal: over.signal })).then(
      () => over.signal.aborted || ready(),
      (why: unknown) => {
        if (over.signal.aborted) return;
        notReady = { why };
        over.abort();
        group.stop();
      },
    );

    const { code, signal: by } = await exited;
    const exit = { pid, code, signal: by, asked: group.asked };
    over.abort();
    signal.removeEventListener("abort", onStop);
    onExit?.(exit);
    await group.cleared();
    if (notReady && !exit.code) throw notReady.why;
    if (notReady || (!exit.asked && code !== 0)) throw failed(options, exit, notReady?.why);
  };
}

interface SpawnedGroup {
  readonly pid: number;
  readonly exited: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
  }>;
}

async function spawnGroup(options: ProcessChildOptions): Promise<SpawnedGroup> {
  const { command, args = [], cwd, env, groups, onSpawn } = options;
  await checkDirectory(command, cwd);
  await using stdout = await openOutput(options.stdout);
  await using stderr = await openOutput(options.stderr);
  const child = spawn(command, args, {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ["ignore", stdout.fd, stderr.fd],
  });
  const { pid } = child;
  if (pid !== undefined) {
    // Noted before anything is awaited: an exit of the platform in between must find it.
    groups.add(pid);
    const identity = processIdentity(pid);
    if (identity) onSpawn?.(identity);
  }
  // Awaited here: a rejection that waits for the files to be closed would count as handled by nobody.
  return await new Promise((resolve, reject) => {
    const exited: SpawnedGroup["exited"] = new Promise((tell) => {
      child.once("exit", (code, signal) => tell({ code, signal }));
    });
    child.once("error", (cause) => {
      if (pid === undefined) reject(cannotStart(options, cause));
    });
    if (pid !== undefined) resolve({ pid, exited });
  });
}

async function checkDirectory(command: string, cwd: string): Promise<void> {
  const found = await stat(cwd).catch((cause: unknown) => ({ cause, isDirectory: () => false }));
  if (found.isDirectory()) return;
  throw new ReefError(
    "failed_precondition",
    `Cannot start "${command}": its working directory "${cwd}" is not a directory; make it first`,
    "cause" in found ? { cause: found.cause } : {},
  );
}

interface Output extends AsyncDisposable {
  readonly fd: number;
}

async function openOutput(target: OutputTarget): Promise<Output> {
  if (typeof target === "number") return { fd: target, async [Symbol.asyncDispose]() {} };
  return open(target, "a", 0o600);
}

function cannotStart({ command, env }: ProcessChildOptions, cause: Error): ReefError {
  const code = "code" in cause ? cause.code : undefined;
  const where = command.includes("/") ? "" : ` on its PATH (${env["PATH"] ?? "not set"})`;
  const why: { readonly [code: string]: string } = {
    ENOENT: `there is no such program${where}; install it, or give its full path`,
    EACCES: "it may not be executed; check its mode (chmod +x)",
  };
  return new ReefError(
    "failed_precondition",
    `Cannot start "${command}": ${why[String(code)] ?? cause.message}`,
    { cause },
  );
}

function failed(options: ProcessChildOptions, exit: ProcessExit, cause: unknown): ReefError {
  const how = exit.signal ? `was ended by ${exit.signal}` : `ended with code ${exit.code}`;
  const { command, stderr } = options;
  const more = typeof stderr === "string" ? `; its last words are in ${stderr}` : "";
  return new ReefError("unavailable", `Process "${command}" (${exit.pid}) ${how}${more}`, {
    data: exit,
    ...(cause !== undefined && { cause }),
  });
}
