/** Which protocol a connection speaks, by its first bytes. */
import type { Socket } from "node:net";

import type { Clock } from "../core/clock.ts";
import { magic } from "./wire/frames.ts";
import { helloTimeoutMs } from "./wire/handshake.ts";

export type Protocol = "native" | "http1" | "http2" | "tls";

/** What every client of HTTP/2 begins with: https://www.rfc-editor.org/rfc/rfc9113#section-3.4 */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** The type of the record that a client of TLS begins with: https://www.rfc-editor.org/rfc/rfc8446#section-5.1 */
const tlsHandshake = 22;

/** Waits until the first bytes can be told apart, and puts them back. Whoever says nothing in time is let go. */
export function sniff(
  socket: Socket,
  clock: Clock,
  onProtocol: (protocol: Protocol) => void,
): void {
  const timer = clock.after(helloTimeoutMs, () => socket.destroy(), { background: true });
  let seen: Buffer | undefined;
  socket.on("error", ignore);
  socket.on("readable", look);
  socket.once("close", () => timer.cancel());

  function look(): void {
    const chunk = socket.read() as Buffer | null;
    if (!chunk) return;
    seen = seen ? Buffer.concat([seen, chunk]) : chunk;
    const protocol = protocolOf(seen);
    if (!protocol) return;
    timer.cancel();
    socket.off("readable", look);
    socket.unshift(seen);
    onProtocol(protocol);
  }
}

/** Undefined while it may still become the preface of HTTP/2; anything that is no other is HTTP/1.1's to refuse. */
function protocolOf(seen: Buffer): Protocol | undefined {
  if (seen[0] === magic[0]) return "native";
  if (seen[0] === tlsHandshake) return "tls";
  const compared = Math.min(seen.length, preface.length);
  if (seen.compare(preface, 0, compared, 0, compared) !== 0) return "http1";
  return compared === preface.length ? "http2" : undefined;
}

/** A peer that leaves before it said anything is no event. */
function ignore(): void {}
