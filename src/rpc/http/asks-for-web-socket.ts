/** Which requests change their protocol: those that ask for a WebSocket, and no others. */
import type { IncomingMessage } from "node:http";

/** Whether node is to hand the connection over; else the request is one like any other, as RFC 9110, 7.8 lets us. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  if (method !== "GET" || headers.upgrade?.toLowerCase() !== "websocket") return false;
  return headers["content-length"] === undefined && headers["transfer-encoding"] === undefined;
}
