/**
 * The TCP port of an entrance, in clear or over TLS. What is behind it gets each connection when it is known what that
 * speaks; connections that never say so, or whose handshake does not end, are let go after `helloTimeoutMs`.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { HttpVersion } from "./late-entrance.ts";
import { Newcomers } from "./newcomers.ts";
import type { Certificate } from "./secure-sockets.ts";
import { type Protocol, sniff } from "./sniff.ts";
import { helloTimeoutMs } from "./wire/handshake.ts";

export interface PortOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What is spoken there; what else comes is closed. */
  readonly versions: readonly HttpVersion[];
  /** More connections at once are closed as they come. */
  readonly connectionsMax: number;
  /** Nothing is served in clear then. @default everything is clear */
  readonly certificate?: Certificate | undefined;
  /** Whoever has asked may say that nothing more comes, and still reads. @default false */
  readonly allowHalfOpen?: boolean;
  readonly clock: Clock;
  /** A handshake of TLS that takes longer is given up. @default 5_000 */
  readonly handshakeMs?: number;
  /** Gets each connection, its first bytes still unread; it is to be resumed. */
  readonly welcome: (socket: Socket, version: HttpVersion) => void;
}

/** Beyond this machine: one address cannot take the places of all others. */
const addressShare = 0.5;

export interface Port {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly port: number;
  /** Takes no new connections. `left` resolves when those have ended that were given to the entrance. */
  close(): { readonly left: Promise<void> };
}

/** @throws {ReefError} `already_exists` when the port is taken, `unavailable` when it cannot be had otherwise */
export async function openPort(options: PortOptions): Promise<Port> {
  const { host, port: wanted, versions, certificate, connectionsMax, clock, welcome } = options;
  /** Those of whom it is not known yet what they speak; over TLS by where they come from, which has to be asked for. */
  const early = new Map<string | Socket, Socket>();
  const keyOf = certificate ? originOf : (socket: Socket) => socket;
  const known: PortOptions["welcome"] = (socket, version) => {
    early.delete(keyOf(socket));
    welcome(socket, version);
  };
  const shares = new AddressShares(Math.ceil(connectionsMax * addressShare));
  const secure = certificate && (await openSecured(certificate, { ...options, welcome: known }));
  const isHttp1Only = versions.length === 1 && versions[0] === "http1";
  const newcomers = new Newcomers((socket) => {
    if (!secure && isHttp1Only) return welcome(socket, "http1");
    if (secure && !shares.take(socket)) return void socket.destroy();
    const key = keyOf(socket);
    early.set(key, socket);
    socket.once("close", () => early.delete(key));
    sniff(socket, clock, (protocol) => {
      if (!secure) give(socket, protocol, { versions, welcome: known });
      else if (protocol === "tls") secure.welcome(socket);
      else refuseClear(socket, protocol);
    });
  });
  const how = { ...halfOpen(options), noDelay: true, pauseOnConnect: true };
  const server = createServer(how, (socket) => newcomers.add(socket));
  server.maxConnections = connectionsMax;
  const port = await listen(server, host, wanted);
  const shown = isEverywhere(host) ? (certificate?.name ?? host) : host;
  return {
    url: `${certificate ? "https" : "http"}://${hostName(shown)}:${port}`,
    port,
    close() {
      const left = new Promise<void>((resolve) => void server.close(() => resolve()));
      secure?.stop();
      // Nothing of theirs is lost, and they would hold up the end.
      newcomers.close();
      for (const socket of early.values()) socket.destroy();
      return { left };
    },
  };
}

/** The name that the address itself is: whoever calls by it says so. Every address of this machine is none. */
export function namesOfHost(host: string): string[] {
  return isEverywhere(host) ? [] : [hostName(host)];
}

function isEverywhere(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** An IPv6 address as URLs write it. */
function hostName(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** How many connections there are from each address. */
class AddressShares {
  readonly #max: number;
  readonly #taken = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Until the connection ends; false when there is none left. */
  take(socket: Socket): boolean {
    const { remoteAddress: address } = socket;
    // It has left already.
    if (address === undefined) return false;
    const taken = this.#taken.get(address) ?? 0;
    if (taken >= this.#max) return false;
    this.#taken.set(address, taken + 1);
    socket.once("close", () => {
      const left = (this.#taken.get(address) ?? 1) - 1;
      if (left > 0) this.#taken.set(address, left);
      else this.#taken.delete(address);
    });
    return true;
  }
}

function halfOpen({ allowHalfOpen = false }: PortOptions) {
  return { allowHalfOpen };
}

/** The same for a connection and for what comes out of its handshake. */
function originOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** The native wire is for services and their callers, who find each other in the registry. */
function give(
  socket: Socket,
  protocol: Protocol,
  { versions, welcome }: Pick<PortOptions, "versions" | "welcome">,
): void {
  const version = versions.find((each) => each === protocol);
  if (version) welcome(socket, version);
  else socket.destroy();
}

async function openSecured(certificate: Certificate, options: PortOptions) {
  const { versions, clock, handshakeMs = helloTimeoutMs, welcome } = options;
  const { createSecureSockets } = await import("./secure-sockets.ts");
  const sockets = createSecureSockets(certificate, {
    handshakeMs,
    protocols: versions.includes("http2") ? ["h2", "http/1.1"] : ["http/1.1"],
    onSecure(socket) {
      const { alpnProtocol } = socket;
      if (alpnProtocol === "h2") welcome(socket, "http2");
      else if (alpnProtocol === "http/1.1") welcome(socket, "http1");
      else sniff(socket, clock, (protocol) => give(socket, protocol, options));
    },
  });
  const stop = certificate.renewed.on((next) => sockets.renew(next));
  return { welcome: (socket: Socket) => sockets.welcome(socket), stop };
}

/** A person has typed `http` where it is `https`: a browser shows him what to do. */
function refuseClear(socket: Socket, protocol: Protocol): void {
  if (protocol !== "http1") return void socket.destroy();
  const text = "Cannot answer in clear: this port speaks TLS; write https:// instead of http://\n";
  const head = "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n";
  socket.end(`${head}content-length: ${text.length}\r\n\r\n${text}`);
  // What it sends meanwhile is read and forgotten, so that it gets to reading.
  socket.resume();
  socket.once("finish", () => socket.destroySoon());
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(host, port, error)));
    // It listens on TCP, so its address is an object.
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): ReefError {
  const taken = cause.code === "EADDRINUSE";
  const rule = taken ? "the port is taken; choose another one or stop its owner" : cause.message;
  const text = `Cannot listen on ${hostName(host)}:${port}: ${rule}`;
  const code = taken ? "already_exists" : "unavailable";
  return new ReefError(code, text, { cause, maybeExecuted: false });
}
