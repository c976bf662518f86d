/** TLS on a port that knows clear connections too: the handshake of those that begin with one. */
import type { Socket } from "node:net";
import { createServer } from "node:tls";

/** What a server shows of itself: PEM. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
}

export interface SecureSocketsOptions {
  readonly handshakeMs: number;
  /** Gets each connection whose handshake is over. */
  readonly onSecure: (socket: Socket) => void;
}

/**
 * Takes connections whose first bytes, still unread, are those of TLS.
 * @throws when certificate or key cannot be read, as Node says it
 */
export function createSecureSockets(
  { cert, key }: TlsOptions,
  { handshakeMs, onSecure }: SecureSocketsOptions,
): (socket: Socket) => void {
  const server = createServer({
    cert,
    key,
    // HTTP/2 has to be agreed upon here; whoever agrees on nothing speaks HTTP/1.1 or reef's own wire.
    ALPNProtocols: ["h2", "http/1.1"],
    minVersion: "TLSv1.2",
    handshakeTimeout: handshakeMs,
  });
  server.on("secureConnection", onSecure);
  // It has left, or spoke no TLS: Node has closed it.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return (socket) => void server.emit("connection", socket);
}
