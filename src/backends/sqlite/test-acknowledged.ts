/** Runs the writing program in a folder, reads what it says, and looks afterwards whether all of it is there. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { listEntries } from "./test-counter.ts";
import { openCounter } from "./test-file.ts";

const program = join(import.meta.dirname, "test-writer.ts");

export interface WritingProcess extends AsyncDisposable {
  /** The keys that were acknowledged, in their order. */
  readonly acknowledged: readonly string[];
  /** Resolves when a line makes `seen` true; rejects when the program ends before. */
  until(seen: () => boolean): Promise<void>;
  /** Ends the program at once and waits for it; what it had printed is read. */
  kill(): Promise<void>;
}

export function startWriting(args: readonly string[]): WritingProcess {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const acknowledged: string[] = [];
  const watchers = new Set<() => void>();
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  createInterface(child.stdout).on("line", (line) => {
    acknowledged.push(line);
    for (const look of watchers) look();
  });
  const closed = once(child, "close");
  return {
    acknowledged,
    until: (seen) =>
      new Promise((resolve, reject) => {
        watchers.add(look);
        look();
        void closed.then(() => reject(new Error(`The writing program ended: ${complaints}`)));
        function look(): void {
          if (!seen()) return;
          watchers.delete(look);
          resolve();
        }
      }),
    kill: () => kill(child, closed),
    [Symbol.asyncDispose]: () => kill(child, closed),
  };
}

/** Every key that was acknowledged has the value that was written for it, and the file is sound. */
export async function assertAllThere(
  folder: string,
  acknowledged: readonly string[],
): Promise<void> {
  await using counter = await openCounter(folder);
  await counter.check();
  const entries = listEntries(counter.reader);
  const values = new Map(entries.map(({ key, value }) => [key, Buffer.from(value).toString()]));
  const lost = acknowledged.filter((key) => values.get(key) !== `value of ${key}`);
  assert.deepEqual(lost, [], `${lost.length} of ${acknowledged.length} are lost`);
  const revisions = entries.map(({ revision }) => revision).toSorted((a, b) => a - b);
  assert.deepEqual(
    revisions,
    revisions.map((_, n) => n + 1),
    "revisions have no gap: no unit is there by half",
  );
}

async function kill(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  child.kill("SIGKILL");
  await closed;
}
