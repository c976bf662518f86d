/** What a peer may send to us on all streams together: https://www.rfc-editor.org/rfc/rfc9113#section-6.9 */
import { errorCode, windowDefault } from "./frames.ts";
import { ProtocolError } from "./protocol-error.ts";

/** Data of many calls at once. */
const windowBytes = 1_048_576;

/** Less is not worth a frame. */
const stepBytes = windowBytes >> 1;

export class OwnWindow {
  #left = windowBytes;
  /** Received, and not yet given back. */
  #received = 0;
  readonly #open: (increment: number) => void;

  /** `open` tells the peer. */
  constructor(open: (increment: number) => void) {
    this.#open = open;
  }

  /** Opens what is not open from the beginning. */
  begin(): void {
    this.#open(windowBytes - windowDefault);
  }

  /** @throws {ProtocolError} when the peer has sent more than it may */
  receive(bytes: number): void {
    this.#left -= bytes;
    this.#received += bytes;
    if (this.#left >= 0) return;
    throw new ProtocolError(errorCode.flowControlError, "it sends more than its window has");
  }

  /** What has come is read, or kept within limits: as much may follow. */
  giveBack(): void {
    if (this.#received < stepBytes) return;
    this.#open(this.#received);
    this.#left += this.#received;
    this.#received = 0;
  }
}
