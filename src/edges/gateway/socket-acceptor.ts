/**
 * Makes WebSockets of connections, with `ws`: its parser has met more strangers than one of ours would. It is loaded
 * with the first of them, because most gateways never see one. docs/decisions/0007-websocket-by-ws.md says why it is
 * here.
 */
import type { WebSocket, WebSocketServer } from "ws";
import { ReefError } from "../../core/errors.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewayLimits } from "./limits.ts";

/** What a client may offer as a subprotocol, to be sure whom it talks to. */
const subprotocol = "reef";

export class SocketAcceptor {
  readonly #limits: GatewayLimits;
  #server: Promise<WebSocketServer> | undefined;

  constructor(limits: GatewayLimits) {
    this.#limits = limits;
  }

  /**
   * Says yes to the client, whose request has been checked.
   * @throws {ReefError} `cancelled` when it has left
   */
  async accept(exchange: Exchange, head: Buffer): Promise<WebSocket> {
    const { request, response } = exchange;
    const { socket } = request;
    this.#server ??= this.#load();
    const server = await this.#server;
    response.detachSocket(socket);
    exchange.upgraded = true;
    return new Promise((resolve, reject) => {
      // Nothing else is called for a client that leaves in this moment.
      socket.once("close", () => reject(new ReefError("cancelled", "The client has left")));
      if (socket.destroyed) reject(new ReefError("cancelled", "The client has left"));
      else server.handleUpgrade(request, socket, head, resolve);
    });
  }

  async #load(): Promise<WebSocketServer> {
    const { WebSocketServer } = await import("ws");
    return new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // A bomb of 1 kB would be 1 MB, and each connection would hold 300 kB for its window.
      perMessageDeflate: false,
      maxPayload: this.#limits.bodyBytesMax,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
  }
}
