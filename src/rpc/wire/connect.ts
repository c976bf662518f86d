/** Opens a native connection to one address. */
import { type Clock, systemClock } from "../../core/clock.ts";
import type { CredentialSource } from "../../core/identity.ts";
import { parseAddress } from "../address.ts";
import { openSocket } from "../open-socket.ts";
import { ClientConnection } from "./client-connection.ts";
import { type Hello, limitsDefault, type WireLimits, wireVersion } from "./frames.ts";
import { greet } from "./handshake.ts";
import { keepaliveDefaultMs } from "./keepalive.ts";

export interface ConnectOptions {
  readonly namespace?: string;
  /** Who this process is to whoever answers there. Only for a far side that may know the token: see `Passes`. */
  readonly credentials?: CredentialSource | undefined;
  readonly limits?: Partial<WireLimits>;
  /** @default 3_000 */
  readonly keepaliveMs?: number;
  /** No call over it keeps the process alive, not even a stream without a time limit. @default false */
  readonly background?: boolean;
  /** Messages are protobuf where both sides have the numbers of the contract. @default true */
  readonly protobuf?: boolean;
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
  const { keepaliveMs = keepaliveDefaultMs, background = false, protobuf = true } = options;
  const { credentials } = options;
  const token = await credentials?.token();
  const own: Hello = {
    wire: wireVersion,
    limits: { ...limitsDefault, ...options.limits },
    namespace,
    credentials: token === undefined ? { scheme: "anonymous" } : { scheme: "token", token },
    peer: `reef node ${process.version} pid ${process.pid}`,
    trailers: true,
  };
  const socket = await openSocket(parseAddress(address), { clock, signal });
  const hellos = await greet(socket, own, { clock, signal });
  const connection = new ClientConnection(socket, hellos, {
    clock,
    keepaliveMs,
    background,
    protobuf,
    credentials,
  });
  // It may have become another one while the far side was greeted.
  if (credentials) await connection.renew(credentials, token);
  return connection;
}
