/** For tests: what a server over HTTP/2 makes of some bytes, in a line; any server that listens on a port. */
import { connect } from "node:net";

import { soon } from "../../testing/soon.ts";
import {
  errorCode,
  frameFlag,
  frameHeaderBytes,
  frameType,
  preface,
  readUint32,
} from "./frames.ts";
import { HpackDecoder } from "./hpack/hpack-decoder.ts";
import { frame, settings, settingsAck } from "./test-peer.ts";

/** As callers begin. */
export const greeting = Buffer.concat([preface, settings(), settingsAck]);

/** A server may answer a PING before what it has still to say: after so many it has said all. */
const rounds = 3;

const question = Buffer.from("question");

const codes = Object.entries(errorCode);

/**
 * Says these frames; the verdict is what comes back beside SETTINGS, windows and answers to PING: `1 200, 1 data 5
 * end`, `reset 1 streamClosed`, `closed, goaway protocolError`, `-` for nothing.
 */
export async function verdictOf(port: number, bytes: Buffer): Promise<string> {
  const said = new Set<string>();
  const over = Promise.withResolvers<void>();
  const decoder = new HpackDecoder({ tableBytes: 4_096, listBytes: 65_536, headersMax: 100 });
  const socket = connect(port, "127.0.0.1");
  const ask = () => socket.write(frame(frameType.ping, 0, 0, question));
  let left = rounds;
  let unread = Buffer.alloc(0);
  const take = (whole: Buffer) => {
    const payload = whole.subarray(frameHeaderBytes);
    if (whole[3] === frameType.ping && payload.equals(question)) {
      left -= 1;
      if (left === 0) over.resolve();
      // In a turn of its own.
      else setImmediate(ask);
    } else {
      const text = textOf(whole, payload, decoder);
      if (text) said.add(text);
    }
  };
  // It is sent away in the middle of what it writes.
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= frameHeaderBytes) {
      const end = frameHeaderBytes + unread.readUIntBE(0, 3);
      if (unread.length < end) break;
      take(unread.subarray(0, end));
      unread = unread.subarray(end);
    }
  });
  socket.on("close", () => {
    said.add("closed");
    over.resolve();
  });
  socket.write(bytes);
  ask();
  try {
    await soon("a verdict", over.promise);
    // In which order several streams are answered is left to the server.
    return [...said].toSorted().join(", ") || "-";
  } finally {
    socket.removeAllListeners("close");
    socket.destroy();
  }
}

function textOf(
  whole: Buffer,
  payload: Buffer,
  decoder: HpackDecoder<unknown>,
): string | undefined {
  const stream = whole.readUInt32BE(5);
  const end = (whole[4] ?? 0) & frameFlag.endStream ? " end" : "";
  switch (whole[3]) {
    case frameType.headers:
      return `${stream} ${decoder.decode(payload).fields[1]}${end}`;
    case frameType.data:
      return `${stream} data ${payload.length}${end}`;
    case frameType.rstStream:
      return `reset ${stream} ${codeName(payload, 0)}`;
    case frameType.goaway:
      return `goaway ${codeName(payload, 4)}`;
    case frameType.ping:
      return `ping ${payload.toString("latin1")}`;
    default:
      return undefined;
  }
}

function codeName(payload: Buffer, at: number): string {
  const code = readUint32(payload, at);
  return codes.find(([, value]) => value === code)?.[0] ?? String(code);
}
