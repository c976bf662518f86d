/** HEADERS, and the CONTINUATION frames behind them: one block of headers, whatever frames it comes in. */
import { errorCode, frameFlag, frameType } from "./frames.ts";
import { broken, ProtocolError, wrongSize } from "./protocol-error.ts";

/** Each holds 16 KiB: whoever needs more of them sends what is refused, or sends them nearly empty (CVE-2024-27316). */
const continuationsMax = 8;

/** How important a stream is to its caller makes no difference here. */
const priorityBytes = 5;

export interface BlockReceiver {
  /** A whole block, `bytes` from `start` to `end`; `last` when nothing follows on its stream. */
  onBlock(id: number, last: boolean, bytes: Buffer, start: number, end: number): void;
}

/** A block that goes on in the next frame. */
interface OpenBlock {
  readonly stream: number;
  readonly last: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

export class HeaderFrames {
  readonly #receiver: BlockReceiver;
  readonly #bytesMax: number;
  #open: OpenBlock | undefined;

  /** `bytesMax` is for a block as it was sent. */
  constructor(receiver: BlockReceiver, bytesMax: number) {
    this.#receiver = receiver;
    this.#bytesMax = bytesMax;
  }

  /** @throws {ProtocolError} when a block is open, and this frame does not go on with it */
  check(type: number, stream: number): void {
    if (!this.#open || (type === frameType.continuation && stream === this.#open.stream)) return;
    throw broken("headers are in one piece, with nothing between");
  }

  /** @throws {ProtocolError} */
  onHeaders(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if ((id & 1) === 0) throw broken(`a caller's streams have odd numbers, not ${id}`);
    let from = start;
    let to = end;
    if (flags & frameFlag.padded) {
      // Without even that byte the frame is too short.
      to -= bytes[from] ?? 0;
      from += 1;
    }
    if (flags & frameFlag.priority) {
      if (from + priorityBytes > end) throw wrongSize("a priority has 5 bytes");
      from += priorityBytes;
    }
    if (to < from) throw broken("padding is shorter than its frame");
    const last = (flags & frameFlag.endStream) !== 0;
    if (flags & frameFlag.endHeaders) return this.#receiver.onBlock(id, last, bytes, from, to);
    this.#open = { stream: id, last, parts: [], bytes: 0 };
    this.#add(this.#open, bytes, from, to);
  }

  /** @throws {ProtocolError} */
  onContinuation(flags: number, bytes: Buffer, start: number, end: number): void {
    const block = this.#open;
    if (!block) throw broken("CONTINUATION goes on with headers, and none are open");
    this.#add(block, bytes, start, end);
    if (!(flags & frameFlag.endHeaders)) return;
    this.#open = undefined;
    const whole = Buffer.concat(block.parts);
    this.#receiver.onBlock(block.stream, block.last, whole, 0, whole.length);
  }

  #add(block: OpenBlock, bytes: Buffer, start: number, end: number): void {
    block.bytes += end - start;
    if (block.parts.length > continuationsMax || block.bytes > this.#bytesMax) {
      throw new ProtocolError(
        errorCode.enhanceYourCalm,
        `headers have at most ${this.#bytesMax} bytes in ${continuationsMax} CONTINUATION frames`,
      );
    }
    // A small part is not to keep all that came beside it.
    block.parts.push(Buffer.from(bytes.subarray(start, end)));
  }
}
