/** Who listens on a port of this machine, for the text of an error. Linux only: elsewhere nobody is named. */
import { readdir, readFile, readlink } from "node:fs/promises";

import { ReefError } from "../core/errors.ts";

/** Whoever has the port is named: that is what a person looks for next. */
export async function ownerNamed(
  error: unknown,
  { port, flag }: { readonly port: number; readonly flag: string },
): Promise<never> {
  if (ReefError.from(error).code !== "already_exists") throw error;
  const owner = (await portOwner(port)) ?? "another program";
  throw new ReefError(
    "already_exists",
    `Cannot listen on port ${port}: ${owner} has it; stop that, or choose another one with ${flag}`,
    { cause: error, maybeExecuted: false },
  );
}

/** `node (pid 4711)`, or undefined when it cannot be known: another system, or a process of another user. */
export async function portOwner(port: number): Promise<string | undefined> {
  const sockets = await listeningSockets(port).catch(unknown);
  if (!sockets || sockets.size === 0) return undefined;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    // oxlint-disable-next-line no-await-in-loop -- it ends with the first that owns one
    if (await holds(pid, sockets)) return `${await commandOf(pid)} (pid ${pid})`;
  }
  return undefined;
}

/** What the kernel shows of a listening socket: state 0A, and its inode in the tenth column. */
async function listeningSockets(port: number): Promise<Set<string>> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readFile(path, "utf8").catch(unknown)),
  );
  const rows = tables
    .flatMap((table) => table?.split("\n") ?? [])
    .map((row) => row.trim().split(/\s+/));
  const listening = rows.filter(
    ([, local, , state]) => local?.endsWith(`:${hexPort}`) && state === "0A",
  );
  return new Set(listening.map((row) => `socket:[${row[9]}]`));
}

/** A process of another user, or one that has just ended, shows nothing. */
async function holds(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = (await readdir(folder).catch(unknown)) ?? [];
  const targets = await Promise.all(
    descriptors.map((fd) => readlink(`${folder}/${fd}`).catch(unknown)),
  );
  return targets.some((target) => target !== undefined && sockets.has(target));
}

async function commandOf(pid: string): Promise<string> {
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(unknown);
  return name?.trim() || "a process";
}

function unknown(): undefined {
  return undefined;
}
