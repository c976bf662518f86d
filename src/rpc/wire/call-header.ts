/** What a CALL frame says before its body. */
import { ReefError } from "../../core/errors.ts";
import { readInt32, readUint16, readUint32 } from "../../core/little-endian.ts";
import { newTrace, Trace } from "../trace.ts";
import { flag } from "./frames.ts";

export interface CallHeader {
  /** 0 for no limit. */
  readonly timeoutMs: number;
  /** Who calls: 0 is the peer itself. */
  readonly identity: number;
  readonly trace: Trace;
  /** On whose behalf; empty when there is nobody but the caller. */
  readonly subject: string;
  /** JSON, still unread; empty when there is none. */
  readonly metadata: string;
  readonly bodyStart: number;
}

const fixedBytes = 6;
const traceBytes = 24;

/** @throws {ReefError} `invalid_argument` when the frame ends inside its header */
export function readCallHeader(
  flags: number,
  payload: Buffer,
  start: number,
  end: number,
): CallHeader {
  let at = start + fixedBytes;
  need(at, end);
  const timeoutMs = readUint32(payload, start);
  const identity = readUint16(payload, start + 4);
  let trace: Trace | undefined;
  if (flags & flag.trace) {
    need(at + traceBytes, end);
    trace = readTrace(payload, at);
    at += traceBytes;
  }
  let subject = "";
  if (flags & flag.subject) {
    const from = at + 2;
    at = skipField(payload, at, end);
    subject = payload.toString("latin1", from, at);
  }
  let metadata = "";
  if (flags & flag.metadata) {
    const from = at + 2;
    at = skipField(payload, at, end);
    metadata = payload.toString("utf8", from, at);
  }
  return { timeoutMs, identity, trace: trace ?? newTrace(), subject, metadata, bodyStart: at };
}

function readTrace(payload: Buffer, at: number): Trace {
  return new Trace(
    readInt32(payload, at),
    readInt32(payload, at + 4),
    readInt32(payload, at + 8),
    readInt32(payload, at + 12),
    readInt32(payload, at + 16),
    readInt32(payload, at + 20),
  );
}

/** Where a field of u16 length ends. */
function skipField(payload: Buffer, at: number, end: number): number {
  need(at + 2, end);
  const after = at + 2 + readUint16(payload, at);
  need(after, end);
  return after;
}

function need(at: number, end: number): void {
  if (at > end)
    throw new ReefError("invalid_argument", "Cannot read a CALL frame: it ends in its header");
}
