/** Connects a socket to an address, in time or not at all. */
import { connect, type Socket } from "node:net";

import type { Clock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { type Address, formatAddress } from "./address.ts";

/** A node on the same network answers in far less; one that does not is as good as gone. */
export const connectTimeoutMs = 2_000;

export interface OpenSocketOptions {
  readonly clock: Clock;
  /** Ends the attempt, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A socket that is connected.
 * @throws {ReefError} `unavailable` when nobody listens there; never executed, as whatever ends the attempt
 */
export function openSocket(address: Address, options: OpenSocketOptions): Promise<Socket> {
  const { clock, signal } = options;
  const place = formatAddress(address);
  return new Promise((resolve, reject) => {
    const socket = connect(
      address.kind === "unix"
        ? { path: address.path }
        : { host: address.host, port: address.port, noDelay: true },
    );
    const timer = clock.after(connectTimeoutMs, () => {
      stop(unreachable(place, `no answer within ${connectTimeoutMs} ms`));
    });
    const aborted = () => stop(neverExecuted(ReefError.from(signal?.reason)));
    const failed = (error: Error) => stop(unreachable(place, reasonOf(error), error));
    function stop(error: ReefError): void {
      finish();
      socket.on("error", ignore);
      socket.destroy();
      reject(error);
    }
    function finish(): void {
      timer.cancel();
      signal?.removeEventListener("abort", aborted);
      socket.off("error", failed);
    }
    socket.once("error", failed);
    socket.once("connect", () => {
      finish();
      resolve(socket);
    });
    signal?.addEventListener("abort", aborted, { once: true });
    if (signal?.aborted) aborted();
  });
}

/** A connection that could not be had: no call was on its way. */
export function unreachable(place: string, rule: string, cause?: unknown): ReefError {
  return new ReefError("unavailable", `Cannot connect to ${place}: ${rule}`, {
    cause,
    maybeExecuted: false,
  });
}

/** Why a socket did not connect, in the words that people look for. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED" || error.code === "ENOENT") return "nothing listens there";
  return error.message;
}

/** What ended an attempt to connect: no call was on its way. */
export function neverExecuted(error: ReefError): ReefError {
  return new ReefError(error.code, error.message, { cause: error, maybeExecuted: false });
}

/** The attempt was ended already. */
function ignore(): void {}
