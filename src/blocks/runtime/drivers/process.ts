/**
 * The runtime on this machine: each service is a process of its own, under one supervisor, with its output in a file.
 *
 * A process is ready when the registry has a ready node with its instance; nothing is asked of the process itself. What
 * is desired, and which process that is, stands in the store: a runtime that begins finds the processes of the one
 * before it, which go on whatever becomes of it.
 */
import type { StopReport } from "../../../supervisor/events.ts";
import type { Runtime } from "../index.ts";
import { Fleet } from "./process/fleet.ts";
import { NamedServices } from "./process/named-services.ts";
import type { ProcessRuntimeOptions } from "./process/options.ts";

export interface ProcessRuntime extends Runtime, AsyncDisposable {
  /**
   * Stops every service, the last one first; says which did not stop. Before `begin` has settled, what was found goes
   * on.
   */
  close(): Promise<StopReport>;
}

/** @throws {ReefError} `unavailable` when the store cannot be read */
export async function openProcessRuntime(options: ProcessRuntimeOptions): Promise<ProcessRuntime> {
  const fleet = new Fleet(options);
  try {
    await fleet.begin();
  } catch (error) {
    await fleet.close();
    throw error;
  }
  return {
    services: (namespace) => new NamedServices(fleet, namespace, options),
    close: () => fleet.close(),
    async [Symbol.asyncDispose]() {
      await fleet.close();
    },
  };
}
