/** Runs the `reef` command as a person does, in a state folder of its own, and reads what it prints. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is still running. */
export interface Underway extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything printed so far, both streams in order of arrival. */
  readonly output: () => string;
  /** Resolves when what was printed matches; rejects, with what was printed, when the command ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  readonly finished: Promise<Finished>;
}

/** A temporary folder for one platform, removed at the end. */
export async function openStateFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function startReef(args: readonly string[], env: NodeJS.ProcessEnv = {}): Underway {
  return startNode([join(root, "bin", "reef.js"), ...args], env);
}

/** Starts a program that no platform has started, `[file, ...args]`. */
export function startNode(args: readonly string[], env: NodeJS.ProcessEnv = {}): Underway {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...withoutTests(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let all = "";
  const watchers = new Set<() => void>();
  function seen(text: string): void {
    all += text;
    for (const watch of watchers) watch();
  }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    seen(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    seen(text);
  });
  const finished = once(child, "close").then(([code]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  return {
    child,
    output: () => all,
    finished,
    printed(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(all);
          if (!match) return;
          watchers.delete(look);
          resolve(match);
        };
        watchers.add(look);
        look();
        void finished.then(() => {
          reject(new Error(`It ended without printing ${String(pattern)}:\n${all}`));
        });
      });
    },
    async [Symbol.asyncDispose]() {
      // In order, because a platform that is killed leaves its services running, as it should.
      child.kill("SIGTERM");
      await finished;
    },
  };
}

/** Runs a command to its end. */
export function runReef(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Finished> {
  return startReef(args, env).finished;
}

/** Starts a platform on a free port and waits until it is ready. */
export async function startPlatform(
  state: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Underway & { readonly gateway: string }> {
  const platform = startReef(["server", "--state", state, "--port", "0", ...args], env);
  const match = await platform.printed(/open {2}(https?:\/\/\S+)/);
  return Object.assign(platform, { gateway: String(match[1]) });
}

/**
 * What a person's shell has and a test runner's does not: programs here are not under test by NODE_ENV or the runner.
 */
function withoutTests(): NodeJS.ProcessEnv {
  const { NODE_ENV: _env, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  return env;
}
