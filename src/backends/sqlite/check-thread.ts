/** A thread that reads a whole file once, so that nobody waits for it. */
import { basename } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { checkRowsOf, checkTrees } from "./check-file.ts";
import { failure } from "./group-commit.ts";
import { openReader } from "./open-connection.ts";
import type { WriterReply, WriterSetup } from "./protocol.ts";
import { loadUnits } from "./units.ts";

async function check({ path, unitsUrl }: WriterSetup): Promise<WriterReply> {
  const database = basename(path);
  try {
    const { checkRows } = await loadUnits(unitsUrl);
    using db = openReader(path);
    checkTrees(db, database);
    checkRowsOf(db, checkRows);
    return { kind: "ready" };
  } catch (thrown) {
    return failure(thrown, database);
  }
}

// What it is started with was made by `checkInThread`.
parentPort?.postMessage(await check(workerData as WriterSetup));
