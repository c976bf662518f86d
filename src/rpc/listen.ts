/**
 * One listening address for everything. The first bytes of a connection tell the native wire from HTTP, so a service
 * needs one port however it is called; and the address survives a restart: TCP ports are shared with the successor
 * (SO_REUSEPORT), a Unix socket is renamed over its predecessor.
 */
import { randomBytes } from "node:crypto";
import { chmod, rename, stat, unlink } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";

import { type Clock, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { type Address, formatAddress, parseAddress, unixSuffixBytes } from "./address.ts";
import type { HttpVersion } from "./late-entrance.ts";
import type { TlsOptions } from "./secure-sockets.ts";
import { sniff } from "./sniff.ts";
import { helloTimeoutMs } from "./wire/handshake.ts";

export interface Listener extends AsyncDisposable {
  /** Where it really listens: the port is known even when 0 was asked for. */
  readonly address: string;
  /**
   * Takes the address over from whoever had it; a second time does nothing.
   * @throws {ReefError} `failed_precondition` when another program has it and does not share it
   */
  take(): Promise<void>;
  /** Takes no new connections; those that are open stay, but for those that have said nothing yet. */
  stop(): Promise<void>;
}

export interface ListenOptions {
  /** Gets each connection that speaks the native wire. */
  readonly onNative: (socket: Socket) => void;
  /** Gets each connection that speaks HTTP. */
  readonly onHttp: (socket: Socket, version: HttpVersion) => void;
  /**
   * Connections to a TCP address must come with TLS, whatever they speak in it; through a Unix socket they come as they
   * are. @default none
   */
  readonly tls?: TlsOptions | undefined;
  readonly clock?: Clock;
  /** More at once are closed as they come, so that those that are open keep their descriptors. @default 8_192 */
  readonly connectionsMax?: number;
  /** With `later` the address stays with whoever has it until `take()`. @default "now" */
  readonly take?: "now" | "later";
}

/**
 * @throws {ReefError} `failed_precondition` when the address is taken or may not be used; `invalid_argument` when it is
 *   not an address
 */
export async function openListener(address: string, options: ListenOptions): Promise<Listener> {
  const {
    onNative,
    onHttp,
    tls,
    clock = systemClock,
    connectionsMax = 8_192,
    take = "now",
  } = options;
  const wanted = parseAddress(address);
  const open = new Set<Socket>();
  const silent = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    silent.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      silent.delete(socket);
    });
    accept(socket, tls !== undefined && wanted.kind === "tcp" ? "must be secured" : "as it is");
  });
  const secure =
    tls &&
    (await import("./secure-sockets.ts")).createSecureSockets(tls, {
      handshakeMs: helloTimeoutMs,
      onSecure: (socket) => accept(socket, "as it is"),
    });

  function accept(socket: Socket, how: "as it is" | "must be secured"): void {
    sniff(socket, clock, (protocol) => {
      silent.delete(socket);
      if (protocol === "tls" && secure && how === "must be secured") secure.welcome(socket);
      // Neither clear bytes where TLS was asked for, nor TLS where there is no certificate, or twice.
      else if (protocol === "tls" || how === "must be secured") socket.destroy();
      else if (protocol === "native") onNative(socket);
      else onHttp(socket, protocol);
    });
  }
  server.maxConnections = connectionsMax;
  const place = await openPlace(server, wanted);
  // No descriptors left for one that came: it is refused by the system, and the next may find some again.
  server.on("error", ignore);
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Nothing of theirs is lost, and they would keep this process alive until they speak.
    for (const socket of silent) socket.destroy();
    await place.leave();
    // `close` waits for the connections too, which is the business of whoever owns them.
    void closed;
  }
  const listener: Listener = {
    address: formatAddress(place.address),
    take: () => place.take(),
    stop: () => (stopped ??= stop()),
    async [Symbol.asyncDispose]() {
      await (stopped ??= stop());
      for (const socket of open) socket.destroy();
    },
  };
  try {
    if (take === "now") await place.take();
    return listener;
  } catch (error) {
    await listener[Symbol.asyncDispose]();
    throw error;
  }
}

/** Where a server is to be found: first beside that, then there. */
interface Place {
  readonly address: Address;
  take(): Promise<void>;
  leave(): Promise<void>;
}

async function openPlace(server: Server, wanted: Address): Promise<Place> {
  if (wanted.kind === "unix") return await openPath(server, wanted);
  const { host, port } = wanted;
  let taken: Promise<void> | undefined;
  async function leave(): Promise<void> {
    await taken?.catch(ignore);
  }
  if (port !== 0) {
    // From its first moment on a shared port has its part of the callers, so there is no beside.
    const take = () => (taken ??= listen(server, { host, port, reusePort: true }, wanted));
    return { address: wanted, take, leave };
  }
  await listen(server, { host, port }, wanted);
  const actual = server.address();
  const found = typeof actual === "object" && actual ? actual.port : port;
  return { address: { ...wanted, port: found }, async take() {}, leave };
}

/** Bound beside its place and then renamed: a caller finds the old socket or the new one, never none. */
async function openPath(
  server: Server,
  wanted: Extract<Address, { kind: "unix" }>,
): Promise<Place> {
  const { path } = wanted;
  const digits = randomBytes((unixSuffixBytes - 1) / 2).toString("hex");
  const beside = `${path}.${digits}`;
  let taken: Promise<void> | undefined;
  await listen(server, { path: beside }, wanted);
  // Closing the server removes the file at `beside`.
  await chmod(beside, 0o600);
  const { ino: inode } = await stat(beside, { bigint: true });

  async function take(): Promise<void> {
    try {
      await rename(beside, path);
    } catch (cause) {
      throw cannotListen(wanted, ReefError.from(cause).message, cause);
    }
  }
  return {
    address: wanted,
    take: () => (taken ??= take()),
    async leave() {
      await taken?.catch(ignore);
      await unlinkOwn(path, inode);
    },
  };
}

function listen(server: Server, where: object, wanted: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    function failed(cause: NodeJS.ErrnoException): void {
      const rule = cause.code === "EADDRINUSE" ? "another program listens there" : cause.message;
      reject(cannotListen(wanted, rule, cause));
    }
    server.once("error", failed);
    server.listen(where, () => {
      server.off("error", failed);
      resolve();
    });
  });
}

function cannotListen(wanted: Address, rule: string, cause: unknown): ReefError {
  const text = `Cannot listen on ${formatAddress(wanted)}: ${rule}`;
  return new ReefError("failed_precondition", text, { cause, maybeExecuted: false });
}

/** A successor may have renamed its socket over ours: that one stays. */
async function unlinkOwn(path: string, inode: bigint): Promise<void> {
  try {
    const { ino } = await stat(path, { bigint: true });
    if (ino === inode) await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** A peer that leaves before it said anything is no event. */
function ignore(): void {}
