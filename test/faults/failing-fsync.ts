/**
 * Lets every fsync of a process that runs fail, or lie, for as long as this is open: strace answers in the kernel's
 * place.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";

/** `fails` as a broken disk does; `lies`: nothing is written, and success is reported. */
export type FsyncFault = "fails" | "lies";

const injections: { readonly [fault in FsyncFault]: string } = {
  fails: "error=EIO",
  lies: "retval=0",
};

/** Why it cannot be done here; undefined when it can. */
export function missingForFsync(): string | undefined {
  if (process.platform !== "linux") return "strace is there on Linux only";
  if (spawnSync("strace", ["-V"]).error !== undefined) return "there is no strace here";
  const { status, stderr } = spawnSync("strace", ["-o", "/dev/null", "true"], { encoding: "utf8" });
  if (status !== 0) return `strace may not trace here: ${stderr.trim()}`;
  // Where it is there and not 0, only root attaches to a program that it has not started.
  const scope = "/proc/sys/kernel/yama/ptrace_scope";
  const isRestricted = existsSync(scope) && readFileSync(scope, "utf8").trim() !== "0";
  if (isRestricted && process.getuid?.() !== 0) return "only root may trace a program that runs";
  return undefined;
}

/** Resolves when it is in force in all threads of the process; disposing it ends it. */
export async function openFailingFsync(pid: number, fault: FsyncFault): Promise<AsyncDisposable> {
  const calls = "fsync,fdatasync";
  const inject = `inject=${calls}:${injections[fault]}`;
  const args = ["-f", "-p", String(pid), "-o", "/dev/null", "-e", `trace=${calls}`, "-e", inject];
  const child = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  const closed = once(child, "close");
  const [said] = await Promise.race([once(child.stderr.setEncoding("utf8"), "data"), closed]);
  if (!String(said).includes("attached")) throw new Error(`strace does not attach: ${said}`);
  return {
    async [Symbol.asyncDispose]() {
      // It lets go of the process in order, which runs on.
      child.kill("SIGTERM");
      await closed;
    },
  };
}
