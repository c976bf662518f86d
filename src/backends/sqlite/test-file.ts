/** What the tests of the engine share: a folder of their own, and the test driver opened in it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite, type Sqlite } from "../sqlite.ts";
import { counterSchema, counterUnits } from "./test-counter.ts";
import type { WriterLimits } from "./writer.ts";

export async function openFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export type Counter = Sqlite<typeof counterUnits.units>;

export function openCounter(folder: string, limits: WriterLimits = {}): Promise<Counter> {
  const path = join(folder, "counter.db");
  return openSqlite({ path, schema: counterSchema, units: counterUnits, ...limits });
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
