/**
 * Keeps the sockets of a process while another one is tried beside it. A new process takes the address as the last
 * thing that it does before it is ready; when it is not accepted after all, be it that the time was just up, the socket
 * of the old one is put back.
 *
 * The second name of a socket lies beside it, so that a runtime that finds it after a crash can put it back, too.
 */
import { link, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isErrno } from "../../../../supervisor/process-table.ts";

const suffix = ".held";

/** Paths of the Unix sockets among these addresses. */
export function socketPaths(addresses: Iterable<string>): readonly string[] {
  return [...addresses].flatMap((address) =>
    address.startsWith("unix:") ? [address.slice("unix:".length)] : [],
  );
}

/** Gives each socket its second name. One that cannot have it (some file systems) is tried without. */
export async function holdSockets(paths: readonly string[]): Promise<void> {
  await Promise.all(
    paths.map(async (path) => {
      await remove(path + suffix);
      await link(path, path + suffix).catch(unsupported);
    }),
  );
}

/** The process that was tried is gone, and the old one goes on: each socket has its place again. */
export async function restoreSockets(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    // Over the other's, or where there is none; nothing is done when they are the same.
    await rename(path + suffix, path).catch(notThere);
  }
  await dropSockets(paths);
}

/** The old process has gone: nobody needs its sockets, nor what others have left half made beside them. */
export async function dropSockets(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await remove(path + suffix);
    const names = await readdir(dirname(path));
    const beside = names.filter((name) => isHalfMade(name, basename(path)));
    await Promise.all(beside.map((name) => remove(join(dirname(path), name))));
  }
}

/** As `rpc/listen.ts` names a socket before it takes its place. */
function isHalfMade(name: string, socket: string): boolean {
  return name.startsWith(`${socket}.`) && /^[0-9a-f]+$/.test(name.slice(socket.length + 1));
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch(notThere);
}

function notThere(error: unknown): void {
  if (!isErrno(error, "ENOENT")) throw error;
}

/** Without its second name a socket is only lost when a new process fails in the very moment in which it is ready. */
function unsupported(error: unknown): void {
  const known = ["ENOENT", "EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK"];
  if (!known.some((code) => isErrno(error, code))) throw error;
}
