/**
 * What a served program does with SIGTERM and Ctrl-C: it drains, says what it waits for, and ends; the second time at
 * once.
 */
import { createSignalOrder } from "../core/signal-order.ts";
import type { Logger } from "../core/log.ts";
import type { RpcServer } from "../rpc/server.ts";

/** Of a program that a signal ended, by the convention of shells. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Listens for the signals; the result stops that, unless one has come. */
export function stopOnSignals(
  running: { stop(): Promise<{ readonly cancelledCalls: number }> },
  server: RpcServer,
  log: Logger,
): () => void {
  const order = createSignalOrder();
  let asked = false;
  async function stop(signal: keyof typeof exitCodes): Promise<void> {
    const which = order();
    if (which === "again") process.exit(exitCodes[signal]);
    if (which === "echo") return;
    asked = true;
    const { active } = server;
    if (active > 0) log.info(`Waiting for ${active} calls; once more ends at once`);
    // The process ends by itself when nothing is left to do: whatever keeps it alive is the program's own.
    const { cancelledCalls } = await running.stop();
    if (cancelledCalls > 0)
      log.warn(`${cancelledCalls} calls did not finish in time and were cancelled`);
  }
  const onSignal = (signal: keyof typeof exitCodes): void => {
    stop(signal).catch((error: unknown) => {
      log.error("Cannot stop in order", { error });
      process.exitCode = 1;
    });
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  return () => {
    // The listeners stay until the end, so that the second Ctrl-C is still ours.
    if (!asked) process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
  };
}
