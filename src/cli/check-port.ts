/** Whether a port can be had, before a program is run that is to be reached there. */
import { createServer } from "node:net";

import { type Clock, sleep } from "../core/clock.ts";
import { portOwner } from "../server/port-owner.ts";
import { failure } from "./failure.ts";

/** The platform gives up the port of a service that was killed when its sweep, once a second, has missed it twice. */
const givenUpWithinMs = 3_000;

/** Between two tries: what a person does not see. */
const tryEachMs = 100;

export interface CheckPortOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told once before it waits for somebody who may be about to give the port up. */
  readonly onTaken: (owner: string) => Promise<void>;
}

/** @throws {ReefError} `already_exists` that names who has it; `failed_precondition` when we may not have it */
export async function checkPort(port: number, options: CheckPortOptions): Promise<void> {
  const { clock, signal, onTaken } = options;
  const giveUpAtMs = clock.monotonicMs() + givenUpWithinMs;
  let error = await tryPort(port);
  if (!error) return;
  const owner = (await portOwner(port)) ?? "another program";
  if (error.code === "EADDRINUSE") await onTaken(owner);
  while (error?.code === "EADDRINUSE" && clock.monotonicMs() < giveUpAtMs) {
    // oxlint-disable-next-line no-await-in-loop -- between two tries
    await sleep(tryEachMs, { clock, signal });
    // oxlint-disable-next-line no-await-in-loop
    error = await tryPort(port);
  }
  if (!error) return;
  if (error.code !== "EADDRINUSE") {
    throw failure("failed_precondition", `Cannot take port ${port}: ${error.message}`, {
      cause: error,
    });
  }
  throw failure("already_exists", `Cannot take port ${port}: ${owner} has it; choose another one`, {
    cause: error,
  });
}

function tryPort(port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });
}
