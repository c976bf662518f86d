/** Starts the check of a whole file beside everything else. */
import { once } from "node:events";
import { basename } from "node:path";
import { Worker } from "node:worker_threads";
import { ReefError } from "../../core/errors.ts";
import type { WriterReply, WriterSetup } from "./protocol.ts";
import { threadUrl } from "./thread-url.ts";
import { arrivedError } from "./writer.ts";

/** Rejects with `data_loss` when the file is damaged, with `cancelled` when `signal` ends the check before. */
export async function checkInThread(setup: WriterSetup, signal: AbortSignal): Promise<void> {
  const worker = new Worker(threadUrl(new URL("./check-thread.ts", import.meta.url)), {
    workerData: setup,
    name: `check of ${basename(setup.path)}`,
  });
  const exited = once(worker, "exit");
  const stop = () => void worker.terminate();
  signal.addEventListener("abort", stop, { once: true });
  try {
    // The other end is `check-thread.ts`.
    const [reply] = (await once(worker, "message", { signal })) as [WriterReply];
    if (reply.kind === "failed") throw arrivedError(reply.error);
  } catch (error) {
    if (!signal.aborted) throw error;
    const text = `Cannot check database "${basename(setup.path)}": it was closed meanwhile`;
    throw new ReefError("cancelled", text, { cause: error });
  } finally {
    signal.removeEventListener("abort", stop);
    await exited;
  }
}
