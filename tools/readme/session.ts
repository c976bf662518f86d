/**
 * Somebody who follows a text from its first line to its last: one folder that looks like the checkout, in which files
 * appear as the text names them, commands run in order, and what goes on in the background is ended at the end.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Background {
  readonly command: string;
  readonly child: ChildProcess;
  output: string;
}

/** Longer than anything takes on a busy machine: what ends it is what the text says, and this only what never comes. */
const patienceMs = 60_000;

/** Between two attempts. */
const pauseMs = 250;

/** How long a program may take to end after Ctrl-C. */
const graceMs = 30_000;

export class Session implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "reef-"));
  readonly #background: Background[] = [];
  readonly #env: NodeJS.ProcessEnv;

  constructor(root: string) {
    const home = join(this.#folder, ".home");
    mkdirSync(home);
    for (const name of readdirSync(root)) {
      if (name !== ".git") symlinkSync(join(root, name), join(this.#folder, name));
    }
    const { XDG_STATE_HOME: _state, XDG_RUNTIME_DIR: _runtime, ...env } = process.env;
    const bin = join(root, "node_modules", ".bin");
    this.#env = {
      ...env,
      PATH: `${dirname(process.execPath)}${delimiter}${bin}${delimiter}${env.PATH}`,
      HOME: home,
      // What npm has to say about its own settings on this machine is no part of what a command prints.
      npm_config_loglevel: "error",
      npm_config_cache: join(home, ".npm"),
      NO_COLOR: "1",
    };
  }

  save(name: string, text: string): void {
    const path = join(this.#folder, name);
    const ours = name.includes("/") || lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
    if (ours)
      throw new Error(
        `Cannot save ${name}: it would change the checkout; name a new file at the root`,
      );
    writeFileSync(path, text);
  }

  /** Runs a module as if it were a file of the folder. */
  async runModule(code: string): Promise<Finished> {
    const child = this.#spawn(process.execPath, ["--input-type=module-typescript", "-"]);
    child.stdin?.end(code);
    return finish(child);
  }

  /**
   * Runs a command of the shell to its end. While something runs in the background it is tried again until it succeeds
   * as `succeeded` has it, because the text does not say "wait a second" either.
   */
  async run(command: string, succeeded: (finished: Finished) => boolean): Promise<Finished> {
    const givesUpAt = performance.now() + patienceMs;
    for (;;) {
      const finished = await finish(this.#spawn("bash", ["-euo", "pipefail", "-c", command]));
      const waitsForNobody = !this.#background.some(isRunning) || performance.now() > givesUpAt;
      if (succeeded(finished) || waitsForNobody) return finished;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** Starts a command and waits until `printed` accepts its output so far. */
  async start(command: string, printed: (output: string) => boolean): Promise<void> {
    const child = this.#spawn("bash", ["-c", `exec ${command}`], { detached: true });
    const background = { command, child, output: "" };
    this.#background.push(background);
    await new Promise<void>((resolve, reject) => {
      const tooLate = setTimeout(() => reject(new Error(this.told())), patienceMs);
      const look = (chunk = "") => {
        background.output += chunk;
        if (!printed(background.output)) return;
        clearTimeout(tooLate);
        resolve();
      };
      child.stdout?.setEncoding("utf8").on("data", look);
      child.stderr?.setEncoding("utf8").on("data", look);
      child.once("close", () => {
        clearTimeout(tooLate);
        reject(new Error(this.told()));
      });
      look();
    });
  }

  /** What runs, or ran, in the background, and what it has printed. */
  told(): string {
    return this.#background
      .map((one) => {
        const state = isRunning(one) ? "runs" : `ended with ${one.child.exitCode}`;
        return `${one.command} ${state}: ${one.output}`;
      })
      .join("\n");
  }

  /** Ctrl-C for everything that still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#background.filter(isRunning).map(interrupt));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #spawn(command: string, args: string[], { detached = false } = {}): ChildProcess {
    return spawn(command, args, { cwd: this.#folder, env: this.#env, detached, stdio: "pipe" });
  }
}

async function finish(child: ChildProcess): Promise<Finished> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  child.stdin?.end();
  // What the event "close" tells.
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}

function isRunning({ child }: Background): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** A background command has a process group of its own, as in a terminal. */
async function interrupt({ child }: Background): Promise<void> {
  assert(child.pid !== undefined);
  const group = -child.pid;
  const exited = once(child, "exit");
  const tooLate = setTimeout(() => process.kill(group, "SIGKILL"), graceMs);
  process.kill(group, "SIGINT");
  await exited;
  clearTimeout(tooLate);
}
