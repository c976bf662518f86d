/**
 * Finds damage in a log that a dead process left behind.
 *
 * SQLite reads a log up to the first frame that is not as it was written, and takes the rest for what a crash has torn:
 * one flipped bit, and all that was committed behind it is gone without a word. But a crash can tear one transaction
 * only, the last, because each of ours is on disk before the next one begins. So whoever finds the ends of two behind a
 * bad frame, or a bad frame that was whole but for one bit, has found damage.
 */
import { readSync } from "node:fs";
import { ReefError } from "../../core/errors.ts";
import {
  addUp,
  frameHeaderBytes,
  headerBytes,
  type LogHeader,
  readFrame,
  readHeader,
  sameSum,
} from "./log-frames.ts";
import { isOneBitOff } from "./one-bit-off.ts";

/**
 * Where the last whole transaction of the open file `log` ends, in bytes. What is behind it must go before the log is
 * used again: left in place it would look like a second torn transaction after the next crash.
 * @throws {ReefError} `data_loss`
 */
export function checkLog(log: number, database: string): number {
  const head = Buffer.alloc(headerBytes);
  // Nothing is written behind a header that is not on disk.
  if (readSync(log, head, 0, headerBytes, 0) < headerBytes) return 0;
  const header = readHeader(head);
  if (header === undefined) {
    const hasFrames = readSync(log, Buffer.alloc(1), 0, 1, headerBytes + frameHeaderBytes) > 0;
    if (hasFrames && head.some((byte) => byte !== 0)) throw damagedLog(database, 0);
    return 0;
  }
  return endOfFrames(log, header, database);
}

function endOfFrames(log: number, header: LogHeader, database: string): number {
  const { frameBytes, salts } = header;
  const bytes = Buffer.alloc(frameBytes);
  let { sum } = header;
  let position = headerBytes;
  let end = position;
  for (; readSync(log, bytes, 0, frameBytes, position) === frameBytes; position += frameBytes) {
    const frame = readFrame(bytes, header);
    const next = addUp(sum, frame.words);
    if (frame.salts !== salts || !sameSum(next, frame.storedSum)) {
      const isDamaged = isOneBitOff(frame, sum, salts) || hasTwoEnds(log, position, header);
      if (isDamaged) throw damagedLog(database, position);
      break;
    }
    sum = next;
    if (frame.commits) end = position + frameBytes;
  }
  return end;
}

/** From `position` on. Frames with other salts are of an older log in the same file. */
function hasTwoEnds(log: number, position: number, { frameBytes, salts }: LogHeader): boolean {
  const bytes = Buffer.alloc(frameHeaderBytes);
  let ends = 0;
  for (
    ;
    readSync(log, bytes, 0, frameHeaderBytes, position) === frameHeaderBytes;
    position += frameBytes
  ) {
    if (bytes.readBigUInt64BE(8) === salts && bytes.readUInt32BE(4) !== 0) ends += 1;
  }
  return ends >= 2;
}

function damagedLog(database: string, position: number): ReefError {
  return new ReefError(
    "data_loss",
    `Cannot use database "${database}": its log is damaged at byte ${position}; restore a backup`,
  );
}
