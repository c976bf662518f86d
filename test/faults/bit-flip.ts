/** One bit of what the platform keeps on disk is flipped while it is down: it is noticed, or nobody can tell. */
import { copyFile, mkdir, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ReefError } from "../../src/core/errors.ts";
import { textOf } from "../../src/blocks/store/index.ts";
import { openPlatform } from "../../src/framework/platform.ts";
import { stateFolder } from "../../src/framework/state-folder.ts";
import { createRandom } from "../../src/testing/random.ts";
import { openStateFolder } from "../test-command.ts";
import { BreakablePlatform } from "./breakable-platform.ts";
import type { Rig, RigOptions } from "./rig.ts";

/** Some dozens of pages: the root, pages between, and leaves. */
const entries = 2_000;

/** One batch of the first half; the second half is written one by one. */
const batchSize = 500;

type Outcome = "refused" | "failed" | "harmless" | "wrong";

export const bitFlip: Rig = {
  proves: "one bit of the files flips: it is refused with data_loss, or every value is as it was",
  takes: "25 s",
  rounds: 30,
  missing: () => undefined,
  run: (options) => runBitFlip(options, flipBit),
};

/** Changes what is in `folder`, and says what it did. */
export type Damage = (folder: string, random: () => number) => Promise<string>;

export async function runBitFlip(options: RigOptions, damage: Damage) {
  const { rounds, seed, signal, tell } = options;
  const random = createRandom(seed);
  await using folder = await openStateFolder();
  const stopped = join(folder.path, "stopped");
  const killed = join(folder.path, "killed");
  await fill(stopped, "stop");
  await fill(killed, "kill");
  const counts: { [outcome in Outcome]: number } = { refused: 0, failed: 0, harmless: 0, wrong: 0 };
  const broken: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    signal.throwIfAborted();
    // After an orderly end all is in one file, after a crash much of it in the log beside it.
    const from = round % 2 === 0 ? stopped : killed;
    const copy = join(folder.path, `${round}`);
    await copyFiles(from, copy);
    const done = await damage(copy, random);
    const [outcome, said] = await readAll(copy);
    counts[outcome] += 1;
    if (outcome === "wrong") broken.push(`${done}: ${said}`);
    tell(`${round} of ${rounds}, ${done}: ${outcome}${said && `, ${said}`}`);
  }
  return {
    figures: [
      [rounds, "flipped bits"],
      [counts.refused, "refused at the start"],
      [counts.failed, "found by a read"],
      [counts.harmless, "harmless"],
      [counts.wrong, "wrong"],
    ] as const,
    broken,
  };
}

/** A folder with everything acknowledged and the platform gone. */
async function fill(state: string, end: "stop" | "kill"): Promise<void> {
  await using running = new BreakablePlatform(state);
  await running.start();
  await using platform = await openPlatform({ state });
  const table = platform.store.table("faults");
  for (let at = 0; at < entries / 2; at += batchSize) {
    const keys = Array.from({ length: batchSize }, (_, n) => keyOf(at + n));
    await table.batch(keys.map((key) => ({ kind: "put", key, value: valueOf(key) })));
  }
  const rest = Array.from({ length: entries / 2 }, (_, n) => keyOf(entries / 2 + n));
  await Promise.all(rest.map((key) => table.put(key, valueOf(key))));
  await running[end]();
}

/** One bit anywhere in the files of the store. */
async function flipBit(folder: string, random: () => number): Promise<string> {
  const files = await filesOf(folder);
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
  let at = Math.floor(random() * sizes.reduce((sum, size) => sum + size, 0));
  const index = sizes.findIndex((size) => at < size || ((at -= size), false));
  const path = files[index] ?? folder;
  const bit = Math.floor(random() * 8);
  await using file = await open(path, "r+");
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ (1 << bit);
  await file.write(byte, 0, 1, at);
  return `bit ${bit} of byte ${at} of ${path.slice(folder.length + 1)}`;
}

/** Starts a platform on it and reads every entry. */
async function readAll(state: string): Promise<[outcome: Outcome, said: string]> {
  await using running = new BreakablePlatform(state);
  try {
    await running.start();
  } catch (error) {
    const text = ReefError.from(error).message;
    const line = text.split("\n").find((each) => /damaged|another program|newer/.test(each));
    return line === undefined ? ["wrong", `it ended without a reason: ${text}`] : ["refused", ""];
  }
  await using platform = await openPlatform({ state });
  const table = platform.store.table("faults");
  const found = new Map<string, string>();
  try {
    let cursor: string | undefined;
    do {
      const page = await table.list({ limit: 1_000, cursor });
      for (const { key, value } of page.items) found.set(textOf(key), textOf(value));
      ({ cursor } = page);
    } while (cursor !== undefined);
  } catch (error) {
    const { code, message } = ReefError.from(error);
    return code === "data_loss" ? ["failed", ""] : ["wrong", message];
  }
  const keys = Array.from({ length: entries }, (_, n) => keyOf(n));
  const wrong = keys.filter((key) => found.get(key) !== valueOf(key));
  if (wrong.length === 0 && found.size === entries) return ["harmless", ""];
  return ["wrong", `${wrong.length} of ${entries} entries are wrong, and nobody says so`];
}

/** The files of the store, without those that only a running platform needs. */
async function filesOf(state: string): Promise<string[]> {
  const { store, path } = stateFolder(state);
  const names = await readdir(path);
  return names
    .map((name) => join(path, name))
    .filter((each) => each.startsWith(store) && !/-(lock|shm)$/.test(each))
    .toSorted();
}

async function copyFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const path of await filesOf(from))
    await copyFile(path, join(to, path.slice(from.length + 1)));
}

function keyOf(n: number): string {
  return `key-${n}`;
}

function valueOf(key: string): string {
  return `value of ${key}`;
}
