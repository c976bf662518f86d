/** The older half of a log: a copy of the file, made right before that is emptied. */
import { closeSync, copyFileSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { timesPath } from "./log-segment.ts";

/** What a process writes while the rest is copied is copied in pieces of at most this size. */
const copyBlockBytes = 256 * 1024;

/** Where the copy is. */
export function olderPath(path: string): string {
  return `${path}.1`;
}

/** @param fd of the file at `path`, which somebody goes on writing to */
export function copyLog(path: string, fd: number): void {
  const older = olderPath(path);
  copyFileSync(timesPath(path), timesPath(older));
  copyFileSync(path, older);
  copyRest(fd, older);
}

/** A copy ends where the file ended when it began; meanwhile a busy process has written on. */
function copyRest(from: number, path: string): void {
  const to = openSync(path, "a");
  try {
    const block = Buffer.allocUnsafe(copyBlockBytes);
    let position = fstatSync(to).size;
    for (;;) {
      const count = readSync(from, block, 0, block.length, position);
      if (count === 0) return;
      writeSync(to, block, 0, count);
      position += count;
    }
  } finally {
    closeSync(to);
  }
}
