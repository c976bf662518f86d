/** TLS on a port that knows clear connections too: the handshake of those that begin with one. */
import type { Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";

import type { Events } from "../core/events.ts";

/** What a server shows of itself: PEM. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
}

/** One that is renewed while ports use it. */
export interface Certificate extends TlsOptions {
  /** The host that people are told when the port is open on every address; undefined for none in particular. */
  readonly name: string | undefined;
  /** Tells each that takes the place of the one before. */
  readonly renewed: Events<TlsOptions>;
  /** Whether it is for this host, as `Host` names it, without port. */
  isFor(host: string): boolean;
}

export interface SecureSocketsOptions {
  readonly handshakeMs: number;
  /** What may be agreed upon; whoever agrees on nothing speaks HTTP/1.1 or reef's own wire. @default both */
  readonly protocols?: readonly ("h2" | "http/1.1")[];
  /** Gets each connection whose handshake is over. */
  readonly onSecure: (socket: TLSSocket) => void;
}

/** Takes connections whose first bytes, still unread, are those of TLS. */
export interface SecureSockets {
  welcome(socket: Socket): void;
  /** For the handshakes from now on. @throws when certificate or key cannot be read, as Node says it */
  renew(tls: TlsOptions): void;
}

/** @throws when certificate or key cannot be read, as Node says it */
export function createSecureSockets(
  { cert, key }: TlsOptions,
  { handshakeMs, protocols = ["h2", "http/1.1"], onSecure }: SecureSocketsOptions,
): SecureSockets {
  const server = createServer({
    cert,
    key,
    // HTTP/2 has to be agreed upon here.
    ALPNProtocols: [...protocols],
    minVersion,
    handshakeTimeout: handshakeMs,
  });
  server.on("secureConnection", onSecure);
  // It has left, or spoke no TLS: Node has closed it.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return {
    welcome: (socket) => void server.emit("connection", socket),
    renew: (tls) => server.setSecureContext({ cert: tls.cert, key: tls.key, minVersion }),
  };
}

/** What is older has been broken, and no client of the last ten years needs it. */
const minVersion = "TLSv1.2";
