/** Whether a port can be had, before a program is run that is to be reached there. */
import { createServer } from "node:net";

import { portOwner } from "../server/port-owner.ts";
import { failure } from "./failure.ts";

/** @throws {ReefError} `already_exists` that names who has it; `failed_precondition` when we may not have it */
export async function checkPort(port: number): Promise<void> {
  const error = await tryPort(port);
  if (!error) return;
  if (error.code !== "EADDRINUSE") {
    throw failure("failed_precondition", `Cannot take port ${port}: ${error.message}`, {
      cause: error,
    });
  }
  const owner = (await portOwner(port)) ?? "another program";
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
