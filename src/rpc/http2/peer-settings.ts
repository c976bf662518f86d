/** What the peer says of itself in SETTINGS: https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2 */
import {
  errorCode,
  frameBytesMax,
  frameBytesMin,
  readUint32,
  setting,
  windowMax,
} from "./frames.ts";
import { broken, ProtocolError, wrongSize } from "./protocol-error.ts";

const entryBytes = 6;

/**
 * The window that new streams begin with, when it is among them. The rest we have no use for: nothing is pushed, no
 * table is kept for what we send, and our frames are never longer than everybody takes.
 * @throws {ProtocolError} for values that cannot be
 */
export function readInitialWindow(bytes: Buffer, start: number, end: number): number | undefined {
  if ((end - start) % entryBytes !== 0) throw wrongSize("SETTINGS is no multiple of 6 bytes");
  let window: number | undefined;
  for (let at = start; at < end; at += entryBytes) {
    const id = bytes.readUInt16BE(at);
    const value = readUint32(bytes, at + 2);
    if (id === setting.initialWindowSize) window = checkedWindow(value);
    else if (id === setting.enablePush && value > 1) {
      throw broken(`SETTINGS_ENABLE_PUSH is 0 or 1, not ${value}`);
    } else if (id === setting.maxFrameSize && (value < frameBytesMin || value > frameBytesMax)) {
      throw broken(`SETTINGS_MAX_FRAME_SIZE is 16384 to 16777215, not ${value}`);
    }
  }
  return window;
}

function checkedWindow(value: number): number {
  if (value <= windowMax) return value;
  const rule = `SETTINGS_INITIAL_WINDOW_SIZE is at most ${windowMax}, not ${value}`;
  throw new ProtocolError(errorCode.flowControlError, rule);
}
