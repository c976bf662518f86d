/** The frames that carry nothing of a call: windows, resets, settings, PING, GOAWAY, and what is not known here. */
import type { ConnectionGuard } from "./connection-guard.ts";
import type { FrameOutput } from "./frame-output.ts";
import {
  type ErrorCode,
  errorCode,
  frameFlag,
  frameType,
  readUint31,
  readUint32,
} from "./frames.ts";
import type { Http2Stream } from "./http2-stream.ts";
import { readInitialWindow } from "./peer-settings.ts";
import { broken, ProtocolError, wrongSize } from "./protocol-error.ts";
import type { SendFlow } from "./send-flow.ts";
import type { StreamTable } from "./stream-table.ts";

/** The connection, as these frames change it. */
export interface ControlHost {
  /** The peer has said its settings. */
  onSettings(): void;
  /** It knows ours. */
  onConfirmed(): void;
  /** Its caller has broken it off. */
  onReset(stream: Http2Stream): void;
  onFault(stream: Http2Stream, code: ErrorCode): void;
  /** It sends no more calls, so none more are taken. */
  drain(): void;
  /** It has found a fault of ours. */
  onRefused(): void;
}

export interface ControlFramesOptions {
  readonly host: ControlHost;
  readonly streams: StreamTable;
  readonly flow: SendFlow;
  readonly output: FrameOutput;
  readonly guard: ConnectionGuard;
}

export class ControlFrames {
  readonly #options: ControlFramesOptions;

  constructor(options: ControlFramesOptions) {
    this.#options = options;
  }

  /** @throws {ProtocolError} when it breaks the protocol, or there are too many */
  onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    this.#options.guard.idleFrame();
    if (type === frameType.windowUpdate) return this.#onWindowUpdate(id, payload);
    if (type === frameType.rstStream) return this.#onReset(id, payload);
    if (type === frameType.priority) return checkPriority(id, payload);
    if (type === frameType.pushPromise) throw broken("a caller pushes nothing");
    // Those of a type that is not known may mean something to others.
    if (type > frameType.continuation) return;
    if (id !== 0) throw broken("what concerns the connection is on stream 0");
    if (type === frameType.settings) this.#onSettings(flags, payload);
    else if (type === frameType.ping) this.#onPing(flags, payload);
    else this.#onGoaway(payload);
  }

  #onWindowUpdate(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw wrongSize("WINDOW_UPDATE has 4 bytes");
    const { streams, flow, host } = this.#options;
    const increment = readUint31(payload, 0);
    const stream = streams.find(id);
    if (id === 0) {
      if (increment === 0) throw broken("a window is opened by 1 or more");
      if (!flow.open(undefined, increment)) throw tooWide();
    } else if (!stream) {
      if (streams.absence(id) === "idle") throw broken(`stream ${id} was not begun`);
    } else if (increment === 0) {
      host.onFault(stream, errorCode.protocolError);
    } else if (!flow.open(stream, increment)) {
      host.onFault(stream, errorCode.flowControlError);
    }
  }

  #onReset(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw wrongSize("RST_STREAM has 4 bytes");
    const { streams, guard, host } = this.#options;
    const stream = streams.find(id);
    const isSent = stream?.isSent ?? true;
    if (stream) host.onReset(stream);
    else if (streams.absence(id) === "idle") throw broken(`stream ${id} was not begun`);
    // Also behind an answer that it has not waited for: it was made all the same.
    if (!isSent || readUint32(payload, 0) !== errorCode.noError) guard.brokenOff();
  }

  #onSettings(flags: number, payload: Buffer): void {
    const { streams, flow, output, host } = this.#options;
    if (flags & frameFlag.ack) {
      if (payload.length > 0) throw wrongSize("SETTINGS that confirm have no bytes");
      return host.onConfirmed();
    }
    const window = readInitialWindow(payload, 0, payload.length);
    if (window !== undefined && !flow.resize(window, streams.all)) throw tooWide();
    // Before what it takes more of now: it is to know that we know.
    output.settingsAck();
    flow.pump();
    host.onSettings();
  }

  #onPing(flags: number, payload: Buffer): void {
    if (payload.length !== 8) throw wrongSize("PING has 8 bytes");
    if (!(flags & frameFlag.ack)) this.#options.output.pingAck(payload);
  }

  #onGoaway(payload: Buffer): void {
    if (payload.length < 8) throw wrongSize("GOAWAY has 8 bytes or more");
    const { host } = this.#options;
    if (readUint32(payload, 4) === errorCode.noError) host.drain();
    else host.onRefused();
  }
}

/** Read, and of no use: what it says was advice. */
function checkPriority(id: number, payload: Buffer): void {
  if (id === 0) throw broken("PRIORITY is about a stream, not about stream 0");
  if (payload.length !== 5) throw wrongSize("PRIORITY has 5 bytes");
}

function tooWide(): ProtocolError {
  return new ProtocolError(errorCode.flowControlError, "a window is wider than it can be");
}
