/** Opens a native connection to one address. */
import { connect as connectSocket, type Socket } from "node:net";

import { type Clock, systemClock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { type Address, formatAddress, parseAddress } from "../address.ts";
import { ClientConnection } from "./client-connection.ts";
import { type Hello, limitsDefault, type WireLimits, wireVersion } from "./frames.ts";
import { greet, neverExecuted } from "./handshake.ts";
import { keepaliveDefaultMs } from "./keepalive.ts";

/** A node on the same network answers in far less; one that does not is as good as gone. */
export const connectTimeoutMs = 2_000;

export interface ConnectOptions {
  readonly namespace?: string;
  readonly limits?: Partial<WireLimits>;
  /** @default 3_000 */
  readonly keepaliveMs?: number;
  /** No call over it keeps the process alive, not even a stream without a time limit. @default false */
  readonly background?: boolean;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects and exchanges HELLO.
 * @throws {ReefError} `unavailable` (never executed) when nobody listens there or it is not a reef node
 */
export async function openConnection(
  address: string,
  options: ConnectOptions = {},
): Promise<ClientConnection> {
  const { namespace = "default", clock = systemClock, signal } = options;
  const { keepaliveMs = keepaliveDefaultMs, background = false } = options;
  const own: Hello = {
    wire: wireVersion,
    limits: { ...limitsDefault, ...options.limits },
    namespace,
    credentials: { scheme: "anonymous" },
    peer: `reef node ${process.version} pid ${process.pid}`,
  };
  const socket = await openSocket(parseAddress(address), clock, signal);
  const hellos = await greet(socket, own, { clock, signal });
  return new ClientConnection(socket, hellos, { clock, keepaliveMs, background });
}

function openSocket(
  address: Address,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const place = formatAddress(address);
  return new Promise((resolve, reject) => {
    const socket = connectSocket(
      address.kind === "unix"
        ? { path: address.path }
        : { host: address.host, port: address.port, noDelay: true },
    );
    const timer = clock.after(connectTimeoutMs, () => {
      stop(unreachable(place, `no answer within ${connectTimeoutMs} ms`));
    });
    const aborted = () => stop(neverExecuted(ReefError.from(signal?.reason)));
    const failed = (error: NodeJS.ErrnoException) => stop(unreachable(place, reason(error), error));
    function stop(error: ReefError): void {
      finish();
      socket.on("error", () => {});
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

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED" || error.code === "ENOENT") return "nothing listens there";
  return error.message;
}

function unreachable(place: string, rule: string, cause?: unknown): ReefError {
  return new ReefError("unavailable", `Cannot connect to ${place}: ${rule}`, {
    cause,
    maybeExecuted: false,
  });
}
