/** Answers what node's parser refuses: there is no request and no response yet, only a socket. */
import type { Duplex } from "node:stream";
import type { Clock } from "../../core/clock.ts";
import { problemMessage } from "../../rpc/http/problem-message.ts";
import { refusal } from "../../rpc/http/problem.ts";
import type { Refusal } from "../../rpc/http/status-table.ts";

/** How long a client has to take the answer, while what it still sends is thrown away. */
const lingerMs = 1_000;

/** Says on a raw socket what was wrong, then closes it: nothing behind a broken message can be trusted. */
export function refuseMessage(
  socket: Duplex,
  error: NodeJS.ErrnoException,
  options: { readonly requestId: string; readonly clock: Clock },
): void {
  const { kind, text } = refusals[error.code ?? ""] ?? malformed;
  socket.end(problemMessage(refusal(kind, text), options.requestId));
  const timer = options.clock.after(lingerMs, () => socket.destroy(), { background: true });
  socket.once("close", () => timer.cancel());
}

interface RefusedMessage {
  readonly kind: Refusal;
  readonly text: string;
}

const malformed: RefusedMessage = {
  kind: "bad_request",
  text: "Cannot read the request: it is not HTTP/1.1 as RFC 9112 has it",
};

/** By node's error code; everything else is malformed. */
const refusals: { readonly [code: string]: RefusedMessage } = {
  HPE_HEADER_OVERFLOW: {
    kind: "header_too_large",
    text: "Cannot read the request: its headers are larger than the limit",
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    kind: "body_too_large",
    text: "Cannot read the body: its chunk extensions are larger than the limit",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    kind: "request_timeout",
    text: "Cannot wait for the request any longer: send it faster",
  },
};
