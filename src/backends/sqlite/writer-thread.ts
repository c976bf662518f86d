/** The thread that writes: opens the file, brings it up to date, then answers one request after the other. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { checkedBeforeUseBytesMax, checkRowsOf, checkTrees } from "./check-file.ts";
import { failure, GroupCommit } from "./group-commit.ts";
import { migrate, type Versions } from "./migrate.ts";
import { openWriter } from "./open-connection.ts";
import type { WriterReply, WriterRequest, WriterSetup } from "./protocol.ts";
import { restore } from "./restore.ts";
import { unpackUnits } from "./pack-units.ts";
import { loadUnits, type UnitModule } from "./units.ts";

async function main(port: MessagePort, setup: WriterSetup): Promise<void> {
  const database = basename(setup.path);
  // Until it listens nothing else would keep this thread alive.
  port.ref();
  let db: DatabaseSync | undefined;
  try {
    const module = await loadUnits(setup.unitsUrl);
    const opened = openWriter(setup.path);
    db = opened;
    prepareFile(db, setup, module);
    const commit = new GroupCommit(db, module, database);
    const versions = { ...setup, conversions: module.conversions };
    const closed = Promise.withResolvers<void>();
    // By hand and not by an iterator of events, which costs this thread as much as a page of the log. A restore is the
    // only request that waits, and no other is sent meanwhile; the other end is `QueuedWriter`.
    port.on("message", (request: WriterRequest) => {
      if (request.kind === "units") answer(commit.run(unpackUnits(request.units)));
      else if (request.kind === "close") closed.resolve();
      else restored(opened, request.from, versions).then(answer, closed.reject);
    });
    answer({ kind: "ready" });
    await closed.promise;
  } catch (thrown) {
    answer(failure(thrown, database));
  } finally {
    // The last connection of all: the log goes into the file.
    db?.close();
    port.close();
  }

  function answer(reply: WriterReply): void {
    port.postMessage(reply);
  }
}

function prepareFile(db: DatabaseSync, setup: WriterSetup, module: UnitModule): void {
  const database = basename(setup.path);
  const checked = statSync(setup.path).size <= checkedBeforeUseBytesMax;
  if (checked) checkTrees(db, database);
  migrate(db, { schema: setup.schema, conversions: module.conversions }, database);
  if (checked) checkRowsOf(db, module.checkRows);
}

async function restored(
  db: DatabaseSync,
  from: string,
  setup: WriterSetup & Versions,
): Promise<WriterReply> {
  try {
    await restore(db, from, setup);
    return { kind: "restored" };
  } catch (thrown) {
    return { ...failure(thrown, basename(setup.path)), damaged: false };
  }
}

// What it is started with was made by `openWriterThread`.
if (parentPort !== null) await main(parentPort, workerData as WriterSetup);
